"""Sending: one request of a workflow, with its seals opened as it leaves."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from activities.egress import Egress
from activities.exchange import Exchange, Watch
from activities.seals import SealedAuth, Seals, holds_mark
from steps.http import Lane, Response


@dataclass(frozen=True)
class Sent:
    """The answer to a request, and what was opened for it."""

    answer: Response
    auth: SealedAuth | None


class Sender:
    """Send what workflows ask for."""

    def __init__(self, egress: Egress, seals: Seals) -> None:
        self._egress, self._seals = egress, seals

    async def send(
        self,
        request: httpx.Request,
        workflow: str,
        seconds: float,
        lane: Lane = "bulk",
        watch: Watch | None = None,
    ) -> Sent:
        """Send a request; `seconds` is for the exchange alone, and no wait counts into it.

        Raises:
            FetchFailed: NotSent or NoAnswer, as far as the request came.
            StepsError: the request was refused, or a seal cannot be opened.
        """
        exchange = Exchange(request.url.host, watch)
        sealed = any(holds_mark(value) for value in request.headers.values())
        auth = SealedAuth(self._seals, workflow, exchange) if sealed else None
        return Sent(await self._egress.send(request, exchange, auth, seconds), auth)
