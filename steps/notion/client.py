"""Notion, by the connection's handle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from steps.calls import send
from steps.earlier import Calls
from steps.errors import RequestInvalid
from steps.notion.blocks import Blocks
from steps.notion.bodies import QueryBody
from steps.notion.comments import Comments
from steps.notion.data_sources import DataSources
from steps.notion.databases import Databases
from steps.notion.file_uploads import FileUploads, check_content
from steps.notion.pages import Pages
from steps.notion.record_calls import RecordCalls
from steps.notion.records import RecordKey
from steps.notion.results import Results
from steps.notion.shapes import FileUpload, Page
from steps.notion.upload import RETRY, TIMEOUT, UploadRequest
from steps.notion.users import Users
from steps.notion.wire import Params, Wire
from steps.sealed import is_sealed

if TYPE_CHECKING:
    from steps.facts import Log


class Notion(RecordCalls):
    """The Notion client of one connection: Notion's own shapes in and out, or records as plain values.

    Every method raises NotionError (status, code, message, what to do), ConnectionNotFound or
    ConnectionNeedsReauthorization. Each call is an activity: one that has completed is never sent again. The methods
    are those of Notion's own SDKs, in the form of the newest version of its API, whatever version is used.
    """

    def __init__(
        self,
        handle: str,
        step: str,
        calls: Calls,
        version: str | None = None,
        *,
        keys: dict[tuple[str, ...], RecordKey],
        log: Log,
    ) -> None:
        super().__init__(handle, step, calls, version, keys=keys, log=log)
        self._wire = wire = Wire(handle, step, calls, version)
        self.pages = Pages(wire)
        self.databases = Databases(wire)
        self.data_sources = DataSources(wire)
        self.blocks = Blocks(wire)
        self.users = Users(wire)
        self.comments = Comments(wire)
        self.file_uploads = FileUploads(wire)

    def query(
        self,
        database_id: str,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
        **body: Unpack[QueryBody],
    ) -> Results[Page]:
        """Return the rows of a database, or of a data source: those that a `filter` finds, in the order of `sorts`."""
        return self.data_sources.query(
            database_id, limit=limit, page_size=page_size, start_cursor=start_cursor, **body
        )  # fmt: skip

    def search(
        self,
        query: str | None = None,
        *,
        filter: Mapping[str, Any] | None = None,
        sort: Mapping[str, Any] | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
    ) -> Results[dict[str, Any]]:
        """Return the pages and data sources whose title holds a text; a new one may take a while to be found."""
        return self._wire.results(
            "POST",
            "/v1/search",
            body={"query": query, "filter": filter, "sort": sort},
            limit=limit,
            page_size=page_size,
            start_cursor=start_cursor,
        )

    async def upload(self, filename: str, content: bytes | str, *, content_type: str | None = None) -> FileUpload:
        """Upload a file of 768 KiB at most, a text as UTF-8; without `content_type` Notion goes by the name."""
        data = content.encode() if isinstance(content, str) else content
        check_content(data)
        named = {} if content_type is None else {"content_type": content_type}
        began = await self._wire.call("POST", "/v1/file_uploads", body={"filename": filename, **named})
        kind = content_type or began.get("content_type")
        return await self.file_uploads.send(began["id"], data, filename=filename, content_type=kind)

    async def upload_from(
        self,
        url: str,
        filename: str,
        *,
        content_type: str | None = None,
    ) -> FileUpload:
        """Upload what is at an address, as much as STEPS_MAX_UPLOAD_BYTES; the worker fetches it, without a token."""
        if is_sealed(url):
            raise RequestInvalid("A token belongs in a request header; in an address it would stand in logs.")
        request = UploadRequest(
            handle=self._wire.handle,
            url=url,
            filename=filename,
            content_type=content_type,
            version=self._wire.version,
            lane=self._wire.calls.lane,
        )
        summary = self._wire.summary(f"upload {filename}")
        return await send(
            "upload", request, dict[str, Any], timeout=TIMEOUT.total_seconds(), retry=RETRY, summary=summary
        )  # pyright: ignore[reportReturnType]  # a FileUpload is what Notion answers

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
        """Call anything that Notion's API has, as it is written; `path` begins with /v1/.

        `key` is as in `pages.create`; `page` is the page or block of the discussion that a comment replies to.
        """
        return await self._wire.call(
            method, path, params=params, body=body, version=version, adapt=False, key=key, page=page
        )
