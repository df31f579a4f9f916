"""Notion, by the connection's handle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from steps.earlier import Calls
from steps.notion.blocks import Blocks
from steps.notion.caller import Caller, Params
from steps.notion.databases import Databases, DataSources
from steps.notion.pages import Pages
from steps.notion.people import Comments, Users
from steps.notion.record_calls import RecordCalls
from steps.notion.records import RecordKey
from steps.notion.results import MAX_ROWS, Results
from steps.notion.shapes import JSON, Page
from steps.notion.uploads import FileUploads

if TYPE_CHECKING:
    from steps.facts import Log


class Notion(RecordCalls):
    """The Notion client of one connection: Notion's own shapes in and out, or records as plain values.

    Its parts are those of Notion's own clients: `pages`, `databases`, `data_sources`, `blocks`, `users`, `comments`,
    `file_uploads`. The id of a database works everywhere, and so does its address.

    Every method raises NotionError (status, code, message, request id, what to do) or ConnectionNotFound. Each call is
    an activity: one that has completed is never sent again.
    """

    def __init__(
        self,
        handle: str,
        step: str,
        calls: Calls,
        version: str | None,
        *,
        keys: dict[tuple[str, ...], RecordKey],
        log: Log,
    ) -> None:
        super().__init__(handle, step, calls, version, keys=keys, log=log)
        self._caller = caller = Caller(handle, step, calls, version)
        self.pages = Pages(caller)
        self.databases = Databases(caller)
        self.data_sources = DataSources(caller)
        self.blocks = Blocks(caller)
        self.users = Users(caller)
        self.comments = Comments(caller)
        self.file_uploads = FileUploads(caller)

    def query(
        self,
        database_id: str,
        *,
        filter: Mapping[str, Any] | None = None,
        sorts: Sequence[Mapping[str, Any]] | None = None,
        limit: int = MAX_ROWS,
        page_size: int = 100,
        version: str | None = None,
    ) -> Results[Page]:
        """Give the rows of a database that a filter lets through: `async for row in notion.query(...)`.

        `filter` and `sorts` are in Notion's own form (developers.notion.com/reference/filter-data-source-entries).
        """
        return self.data_sources.query(
            database_id, filter=filter, sorts=sorts, limit=limit, page_size=page_size, version=version
        )

    def search(
        self,
        query: str = "",
        *,
        filter: Mapping[str, Any] | None = None,
        sort: Mapping[str, Any] | None = None,
        limit: int = 100,
    ) -> Results[JSON]:
        """Give pages and data sources whose title holds a text; new ones are missing for a while.

        `filter` is `{"property": "object", "value": "page"}` or `"data_source"`.
        """

        async def fetch(asked: dict[str, Any]) -> dict[str, Any]:
            body = {"query": query or None, "filter": filter, "sort": sort} | asked
            return await self._caller.call("POST", "/v1/search", body=body)

        return Results(fetch, limit=limit)

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
        version: str | None = None,
        key: str | None = None,
        page: str | None = None,
    ) -> dict[str, Any]:
        """Call anything that Notion's API has, as it is; `path` begins with /v1/.

        `key` is as in `pages.create`; `page` is the page or block of the discussion that a comment replies to.
        """
        return await self._caller.call(
            method, path, params=params, body=body, version=version, adapt=False, key=key, page=page
        )
