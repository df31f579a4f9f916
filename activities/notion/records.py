"""Records, written and found for a workflow, against the schemas that this worker remembers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from temporalio.exceptions import ApplicationError

from activities.answer import LARGEST_RESULT
from activities.heartbeat import Pulse
from activities.notion.call import Notion
from activities.notion.schemas import LIFETIME, Get, Place, Schemas
from activities.notion.sources import Sources, told
from activities.notion.trail import Trail
from activities.notion.writes import Kind, Write
from steps.errors import NotionError, ResponseTooLarge
from steps.http import NotionRequest
from steps.invalid_record import RecordInvalid
from steps.notion.recording import Recording
from steps.notion.records import RecordAnswer, RecordRequest
from steps.notion.schema import Schema

# A column may have been added just now: a schema that is older is read again before a record is refused.
_YOUNG = 2.0


class Records:
    """Do what requests for records ask for."""

    def __init__(self, notion: Notion, sources: Sources, version: str) -> None:
        self._notion, self._version = notion, version
        self._schemas = Schemas(sources)

    async def answer(self, request: RecordRequest, workflow: str, pulse: Pulse) -> RecordAnswer:
        """Read or write.

        Raises:
            RecordInvalid: it names every value that does not fit, by a schema that was read just now.
            RequestInvalid, NotionError, FailureError and what else a call of Notion raises: as they say.
        """
        Trail(pulse, request.again)  # what is known of attempts before this one stays known, if a read fails
        first = self._way(request, workflow, pulse, LIFETIME)
        try:
            answer = await Recording(request, first, self._version).answer()
        except (RecordInvalid, NotionError, ApplicationError) as error:
            if not first.may_mend(error):
                raise
        else:
            return _fitting(answer)
        return _fitting(await Recording(request, self._way(request, workflow, pulse, 0.0), self._version).answer())

    def _way(self, request: RecordRequest, workflow: str, pulse: Pulse, longest: float) -> _Way:
        def call(one: NotionRequest) -> Awaitable[dict[str, Any]]:
            # A read knows nothing of the write that this is all about, and leaves its trail alone.
            return self._notion.call(one, workflow, pulse if writes(one) else Pulse(None, None))

        return _Way(call, self._schemas, request, longest)


def writes(request: NotionRequest) -> bool:
    """Tell whether a call changes anything."""
    write = Write(request.method, request.path, request.body or {}, request.version or "")
    return write.kind is not Kind.READ


class _Way:
    """Calls of one attempt, and the schemas as old as they may be."""

    def __init__(self, call: Get, schemas: Schemas, request: RecordRequest, longest: float) -> None:
        self._call, self._schemas, self._longest = call, schemas, longest
        self._request, self._written = request, False
        self._age = 0.0  # of the schema, in seconds before this attempt asked for it

    def may_mend(self, error: RecordInvalid | NotionError | ApplicationError) -> bool:
        """Tell whether it may have failed because the schema has changed, and nothing was written."""
        if self._written or self._age <= 0:
            return False
        if not isinstance(error, RecordInvalid):
            return _code(error) == "validation_error"
        # An option that a record has just made is not in a schema that was read before; a search may name it at once.
        return self._request.action == "find" or self._age > _YOUNG

    async def call(self, request: NotionRequest) -> dict[str, Any]:
        """Make one call of Notion's API, the way that any other goes."""
        answer = await self._call(request)
        self._written = self._written or writes(request)
        return answer

    async def schema(self, request: RecordRequest, version: str, *, fresh: bool = False) -> Schema:
        """Return the schema of the request's database, or of that of its page."""
        longest, began = 0.0 if fresh else self._longest, self._schemas.now()
        place = Place(request.handle, version, request.database or request.page or "")
        read = self._schemas.of_page if request.database is None else self._schemas.of_database
        kept = await read(place, self._get, longest=longest)
        self._age = began - kept.at
        return kept.schema

    async def pause(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    async def _get(self, request: NotionRequest) -> dict[str, Any]:
        like = {"lane": self._request.lane, "turned": self._request.turned}
        return await self._call(request.model_copy(update=like))


def _code(error: NotionError | ApplicationError) -> Any:
    return told(error).get("code")


def _fitting(answer: RecordAnswer) -> RecordAnswer:
    size = len(answer.model_dump_json().encode())
    if size > LARGEST_RESULT:
        raise ResponseTooLarge(
            f"The {len(answer.pages)} records take {size} bytes in the run's history, and at most {LARGEST_RESULT} fit "
            "there. Ask for fewer at once with page_size."
        )
    return answer
