"""Send a write so that it is made once, also where the answers to it are lost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta

import httpx

from activities.exchange import Watch
from activities.notion.advice import OUTCOME_UNKNOWN
from activities.notion.asking import Asking, CannotLook, TokenRefused
from activities.notion.earlier import Earlier
from activities.notion.refusal import Refusal
from activities.notion.trail import Trail
from activities.notion.writes import Kind, Write
from activities.sending import Sender, Sent
from steps.errors import NotionError
from steps.http import Lane, Response
from steps.parts import parse_object

ANSWER_LOST = "answer_lost"
_REFUSED_TWICE = frozenset({Kind.TRASH, Kind.UPLOAD})


@dataclass(frozen=True)
class Asked:
    """A request to Notion, and for whom it is sent: `bot` is the account that the connection reaches."""

    request: httpx.Request
    write: Write
    workflow: str
    handle: str
    bot: str
    seconds: float
    lane: Lane
    turned: bool


class Once:
    """Send requests to Notion: a write that may have been made is looked for before it is sent again."""

    def __init__(self, sender: Sender, settle: float) -> None:
        self._sender, self._settle = sender, settle

    async def send(self, asked: Asked, trail: Trail) -> Sent:
        """Return Notion's answer to this request, or as its answer what an earlier one made.

        Raises:
            NotionError: nobody can tell whether an earlier one took effect.
            FailureError: a NotionError that Temporal may try again, and when.
            FetchFailed, StepsError: as `Sender.send`.
        """
        kind, doubtful = asked.write.kind, trail.doubtful and asked.write.counts
        if kind is Kind.READ:
            return await self._leave(asked, None)
        if doubtful and (found := await self._look(asked, trail)):
            return found
        sent = await self._send(asked, trail)
        if doubtful and kind in _REFUSED_TWICE and sent.answer.status == 400:
            return await self._look(asked, trail) or sent  # it took effect since we looked
        return sent

    async def _send(self, asked: Asked, trail: Trail) -> Sent:
        sent = await self._leave(asked, trail)
        _follow(sent.answer, trail)
        return sent

    async def _leave(self, asked: Asked, watch: Watch | None) -> Sent:
        return await self._sender.send(
            asked.request, asked.workflow, asked.seconds, asked.lane, watch, turned=asked.turned
        )

    async def _look(self, asked: Asked, trail: Trail) -> Sent | None:
        """Return what an earlier request made, or None where it may be sent again."""
        try:
            found = await self._earlier(asked, trail)
        except TokenRefused as error:
            return error.sent
        except CannotLook as error:
            if trail.open is None:
                return None  # the step as a whole is tried again, and that is what its author asked for
            why = str(error)
        else:
            if found is None:
                self._wait(asked, trail)
            return found
        raise NotionError(
            f"The answer to {asked.write.method} {asked.write.path} was lost, and {why}. {OUTCOME_UNKNOWN}",
            code=ANSWER_LOST,
            advice=OUTCOME_UNKNOWN,
        )

    def _wait(self, asked: Asked, trail: Trail) -> None:
        seconds = trail.unsettled(self._settle)
        if seconds <= 0 or asked.write.kind in _REFUSED_TWICE:
            return
        error = NotionError(
            f"The answer to {asked.write.method} {asked.write.path} was lost, and Notion shows nothing of it yet; "
            f"waiting {seconds:.0f} s to look again. {OUTCOME_UNKNOWN}",
            code=ANSWER_LOST,
            advice=OUTCOME_UNKNOWN,
        )
        raise error.to_failure(retryable=True, next_retry_delay=timedelta(seconds=seconds))

    async def _earlier(self, asked: Asked, trail: Trail) -> Sent | None:
        request, write = asked.request, asked.write
        token = request.headers["Authorization"]
        of = asked.workflow, asked.handle, asked.lane
        asking = Asking(self._sender, token, write.version, *of, turned=asked.turned)
        found = await Earlier(write, asking, trail, asked.bot).find()
        if found is None:
            return None
        trail.refused()
        headers = {"content-type": "application/json"}
        return Sent(Response(status=200, headers=headers, text=json.dumps(found), url=str(request.url)), None)


def _follow(answer: Response, trail: Trail) -> None:
    """Take in what an answer says of the write."""
    refusal = Refusal.of(answer, parse_object(answer.text))
    if answer.ok or not refusal.outage:
        trail.refused()
    elif refusal.status == 500 and refusal.code == "internal_server_error":
        trail.ended()
