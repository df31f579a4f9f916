"""`notion.file_uploads`."""

from __future__ import annotations

from typing import Unpack

from steps.errors import PayloadTooLarge, RequestInvalid
from steps.http import SentFile
from steps.notion.bodies import UploadBody
from steps.notion.ids import path_id
from steps.notion.results import Results
from steps.notion.shapes import FileUpload
from steps.notion.wire import Wire, given

MAX_CONTENT_BYTES = 786_432
"""What a step may send of a file itself: it is kept in the history, where it takes a third more."""


class FileUploads:
    """Files on their way into Notion; a page, block or comment names the id of one that has been uploaded."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def create(self, **body: Unpack[UploadBody]) -> FileUpload:
        """Begin an upload: `filename`, `content_type`, `mode`; with `external_url` Notion fetches the file itself."""
        return await self._wire.call("POST", "/v1/file_uploads", body=given(body))

    async def send(
        self,
        file_upload_id: str,
        content: bytes | str,
        *,
        filename: str = "file",
        content_type: str | None = None,
        part_number: int | None = None,
    ) -> FileUpload:
        """Send the content of an upload, 768 KiB at most; `upload_from` takes larger files."""
        data = content.encode() if isinstance(content, str) else content
        check_content(data)
        file = SentFile(filename=filename, content_type=content_type, content=data, part=part_number)
        return await self._wire.call("POST", f"{_path(file_upload_id)}/send", file=file)

    async def complete(self, file_upload_id: str) -> FileUpload:
        """End an upload in parts."""
        return await self._wire.call("POST", f"{_path(file_upload_id)}/complete", body={})

    async def retrieve(self, file_upload_id: str) -> FileUpload:
        """Return an upload; its `status` tells how far it is."""
        return await self._wire.call("GET", _path(file_upload_id))

    def list(
        self,
        *,
        status: str | None = None,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
    ) -> Results[FileUpload]:
        """Return the connection's uploads, those of a `status` alone where one is given."""
        return self._wire.results(
            "GET",
            "/v1/file_uploads",
            params={"status": status},
            limit=limit,
            page_size=page_size,
            start_cursor=start_cursor,
        )


def check_content(content: bytes) -> None:
    """Refuse a file that a step cannot send itself.

    Raises:
        PayloadTooLarge, RequestInvalid.
    """
    if not content:
        raise RequestInvalid("The file is empty, and Notion takes none such.")
    if len(content) > MAX_CONTENT_BYTES:
        raise PayloadTooLarge(
            f"The file has {len(content)} bytes, and a step sends {MAX_CONTENT_BYTES} at most, since they are "
            "kept in its run's history. Put it where it has an address, and use notion.upload_from(address, filename)."
        )


def _path(file_upload_id: str) -> str:
    return f"/v1/file_uploads/{path_id(file_upload_id)}"
