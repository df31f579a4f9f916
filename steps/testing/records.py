"""Records in a simulated world: the real shaping and the real errors, on databases that the test declares."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from steps.http import NotionRequest
from steps.notion.recording import Recording
from steps.notion.records import RecordAnswer, RecordRequest
from steps.notion.schema import Schema
from steps.notion.versions import NEWEST
from steps.parts import a_list, an_object
from steps.testing.call import Call
from steps.testing.errors import UnexpectedCall
from steps.testing.listing import page_of
from steps.testing.tables import matches, ordered, table, with_new_options, written

VERSION = NEWEST  # that of a deployment which names none
_ROWS = re.compile(r"/v1/(databases|data_sources)/([^/]+)/query")
_PAGE = re.compile(r"/v1/pages/([^/]+)")


class Tables:
    """The databases of a test, and the pages of them; both kinds of ids are the same here."""

    def __init__(self, pages: list[dict[str, Any]]) -> None:
        self._pages = pages
        self._schemas: dict[str, Schema] = {}

    def declare(self, id: str, properties: Mapping[str, Any]) -> None:
        """Let a database be there."""
        self._schemas[id] = table(id, properties)

    def schema(self, id: str) -> Schema:
        """Return a database's schema.

        Raises:
            UnexpectedCall: the test declares none.
        """
        if id in self._schemas:
            return self._schemas[id]
        known = f" There are: {', '.join(self._schemas)}." if self._schemas else ""
        raise UnexpectedCall(
            f"A step writes or finds records of the database {id!r}, and the test does not say what its properties "
            f"are.{known} Declare it:\n"
            f'  world.notion.database("{id}", {{"Name": "title", "Total": "number", "Status": {{"status": ["Open"]}}}})'
        )

    def home(self, page_id: str) -> str | None:
        """Return the database of a page, if it is one of the test's."""
        page = next((page for page in self._pages if page["id"] == page_id), None)
        parent = an_object(an_object(page).get("parent"))
        return parent.get("data_source_id") or parent.get("database_id")

    def prepare(self, request: NotionRequest, call: Call) -> None:
        """Make of the properties that a request writes what a page of a declared database has."""
        body, properties = request.body or {}, an_object((request.body or {}).get("properties"))
        parent, before = an_object(body.get("parent")), None
        id = parent.get("data_source_id") or parent.get("database_id")
        if request.method == "PATCH" and (found := _PAGE.fullmatch(request.path)):
            id = self.home(found[1])
            before = next((page["properties"] for page in self._pages if page["id"] == found[1]), None)
        elif request.method != "POST" or request.path != "/v1/pages":
            return
        if id not in self._schemas:
            return
        schema = self._schemas[id] = with_new_options(self._schemas[id], properties)
        request.body = {**body, "properties": written(schema, properties, before, call.at, len(self._pages) + 1)}
        if before is None:
            request.body["created_time"] = call.at.isoformat()

    def query(self, request: NotionRequest) -> dict[str, Any] | None:
        """Answer a query of a declared database; None where this cannot evaluate it."""
        found = _ROWS.fullmatch(request.path)
        if request.method != "POST" or not found or found[2] not in self._schemas:
            return None
        body = request.body or {}
        rows = [page for page in self._pages if self.home(page["id"]) == found[2] and not page["archived"]]
        try:
            rows = [page for page in rows if not body.get("filter") or matches(body["filter"], page)]
        except (KeyError, TypeError, ValueError, AttributeError):
            return None
        rows = ordered(rows, a_list(body.get("sorts")))
        return page_of(rows, body)


class RecordWay:
    """How the calls for one record are answered in a test."""

    def __init__(self, tables: Tables, call: Callable[[NotionRequest], Awaitable[dict[str, Any]]]) -> None:
        self._tables, self._call = tables, call

    async def call(self, request: NotionRequest) -> dict[str, Any]:
        """Make one call of the simulated Notion."""
        return await self._call(request)

    async def schema(self, request: RecordRequest, version: str, *, fresh: bool = False) -> Schema:
        """Return the schema that the test declares."""
        id = request.database
        if id is None:
            id = self._tables.home(request.page or "")
        if id is None:  # as the real one: it reads the page, to know whose it is
            path = f"/v1/pages/{request.page}"
            await self._call(NotionRequest(handle=request.handle, method="GET", path=path, version=version))
            id = "?"
        return self._tables.schema(id)

    async def pause(self, seconds: float) -> None:
        """Find at once what was written."""


async def answer_record(
    request: RecordRequest, tables: Tables, call: Callable[[NotionRequest], Awaitable[dict[str, Any]]]
) -> RecordAnswer:
    """Answer as the real activity does."""
    return await Recording(request, RecordWay(tables, call), VERSION).answer()
