"""Notion, by the connection's handle."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from steps.calls import send
from steps.http import NotionRequest
from steps.notion.record_calls import RecordCalls
from steps.retry import Retry

# Notion's own limit for one request is 60 seconds; a rate limit may ask for a minute's wait, again and again.
_TIMEOUT = 70.0
_RETRY = Retry(attempts=100, backoff=1, longest=60)


class Notion(RecordCalls):
    """The Notion client of one connection: Notion's own shapes in and out, or records as plain values.

    Every method raises NotionError (status, code, message, what to do), ConnectionNotFound or
    ConnectionNeedsReauthorization. Each call is an activity: one that has completed is never sent again.
    """

    async def create_page(self, **body: Any) -> dict[str, Any]:
        """Create a page: `parent`, `properties`, `children`, ... (developers.notion.com/reference/post-page)."""
        return await self.request("POST", "/v1/pages", body=body)

    async def query(self, database_id: str, **body: Any) -> dict[str, Any]:
        """Return one page of a database's rows: `filter`, `sorts`, `page_size`, `start_cursor`.

        See developers.notion.com/reference/post-database-query. `has_more` and `next_cursor` lead to the next page.
        """
        return await self.request("POST", f"/v1/databases/{quote(database_id, safe='')}/query", body=body)

    async def retrieve_database(self, database_id: str) -> dict[str, Any]:
        """Return a database with its schema (developers.notion.com/reference/retrieve-a-database)."""
        return await self.request("GET", f"/v1/databases/{quote(database_id, safe='')}")

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str | int] | None = None,
        body: dict[str, Any] | None = None,
        version: str | None = None,
    ) -> dict[str, Any]:
        """Call anything that Notion's API has; `path` begins with /v1/, values of None are left out of `body`."""
        plain = None if body is None else {name: value for name, value in body.items() if value is not None}
        request = NotionRequest(
            handle=self._handle,
            method=method,
            path=path,
            version=version or self._version,
            params=params,
            body=plain,
            lane=self._calls.lane,
            again=self._calls.again(method, path, plain),
        )
        summary = f"{self._step} · {method} {path} ({self._handle})"
        answer = await send("notion", request, dict[str, Any], timeout=_TIMEOUT, retry=_RETRY, summary=summary)
        self._calls.note(method, path, plain, answer)
        return answer
