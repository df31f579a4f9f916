from __future__ import annotations

from temporalio import activity

from activities.connections import ActiveConnections
from activities.exchange import NoAnswer
from activities.fetch import build, fetch
from activities.heartbeat import Pulse
from activities.notion.advice import OUTCOME_UNKNOWN
from activities.notion.once import ANSWER_LOST, Asked, Once
from activities.notion.refusal import Refusal
from activities.notion.trail import Trail
from activities.notion.writes import Write
from activities.sending import Sender
from steps.errors import NotionError
from steps.http import FetchRequest, Response
from steps.notion.plain import is_notion
from steps.parts import parse_object
from steps.sealed import PATTERN


class PlainFetch:
    """Make `fetch`es, those to Notion with the care that its own client takes."""

    def __init__(self, sender: Sender, once: Once, connections: ActiveConnections) -> None:
        self._sender, self._once, self._connections = sender, once, connections

    async def call(self, request: FetchRequest, workflow: str, pulse: Pulse) -> Response:
        """Return the answer. What Notion refuses for now is tried again, for as long as there are attempts.

        Raises:
            FailureError: a NotionError that Temporal tries again, and when.
            NotionError: nobody can tell whether a write took effect.
            FetchFailed, StepsError: as `fetch`.
        """
        handle = notion_handle(request)
        if handle is None:
            return await fetch(self._sender, request, workflow)
        trail = Trail(pulse, request.again)
        built = build(request)
        # Whose account it is matters only where something is looked for; a reference that is no good is told by it.
        bot = (await self._connections.find(handle)).account.id if trail.doubtful else ""
        write = Write(
            built.method, built.url.path, parse_object(built.content) or {}, built.headers.get("notion-version", "")
        )
        asked = Asked(built, write, workflow, handle, bot, request.timeout, request.lane, request.turned)
        answer = await self._answer(asked, trail)
        refusal = Refusal.of(answer, parse_object(answer.text))
        if refusal.again(repeatable=write.safe) and not _last_attempt():
            raise refusal.failure(handle, repeatable=write.safe, counts=write.counts)
        return answer

    async def _answer(self, asked: Asked, trail: Trail) -> Response:
        try:
            return (await self._once.send(asked, trail)).answer
        except NoAnswer as error:
            if asked.write.safe:
                raise
            lost = str(error)
        raise NotionError(f"{lost}. {OUTCOME_UNKNOWN}", code=ANSWER_LOST, advice=OUTCOME_UNKNOWN)


def notion_handle(request: FetchRequest) -> str | None:
    """Return whose connection a request to Notion's API is sent with, or None where it is another request."""
    if not is_notion(request.url):
        return None
    for name, value in request.headers.items():
        if name.lower() == "authorization" and (match := PATTERN.search(value)) and match[1] == "connection":
            return match[2]
    return None


def _last_attempt() -> bool:
    info = activity.info()
    return info.retry_policy is not None and 0 < info.retry_policy.maximum_attempts <= info.attempt
