"""Sending: one request of a workflow, with its seals opened as it leaves."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from activities.egress import Egress
from activities.exchange import Exchange, Watch
from activities.pace import Pacer
from activities.seals import SealedAuth, Seals, holds_mark
from steps.http import Lane, Response
from telemetry.place import note_connections


@dataclass(frozen=True)
class Sent:
    """The answer to a request, and what was opened for it."""

    answer: Response
    auth: SealedAuth | None


class Sender:
    """Send what workflows ask for."""

    def __init__(self, egress: Egress, seals: Seals, pacer: Pacer) -> None:
        self._egress, self._seals, self._pacer = egress, seals, pacer

    async def send(
        self,
        request: httpx.Request,
        workflow: str,
        seconds: float,
        lane: Lane = "bulk",
        watch: Watch | None = None,
        *,
        turned: bool = False,
    ) -> Sent:
        """Send a request in its connection's turn; `seconds` is for the exchange alone, and no wait counts into it.

        Raises:
            Paced: its turn is too far ahead; nothing was sent.
            FetchFailed: NotSent or NoAnswer, as far as the request came.
            StepsError: the request was refused, or a seal cannot be opened.
        """
        exchange = Exchange(request.url.host, watch)
        sealed = [value for value in request.headers.values() if holds_mark(value)]
        auth = SealedAuth(self._seals, workflow, exchange) if sealed else None
        seals = {seal for value in sealed for seal in self._seals.read(value, workflow).values()}
        handles = sorted(seal.name for seal in seals if seal.kind == "connection")
        note_connections(handles)
        await self._pacer.wait(handles, request.url.host, lane, turned=turned)
        answer = await self._egress.send(request, exchange, auth, seconds)
        await self._pacer.note(handles, request.url.host, answer, sends=exchange.sends)
        return Sent(answer, auth)
