"""Files, on their way into Notion."""

from __future__ import annotations

import base64
import mimetypes
from datetime import timedelta
from typing import Any, cast

from temporalio import workflow

from steps.errors import NotionError, PayloadTooLarge, RequestInvalid
from steps.http import NotionFile
from steps.notion.caller import Caller, path_to
from steps.notion.results import MAX_ROWS, Results
from steps.notion.shapes import FileUpload

MAX_FILE_BYTES = 716_800
"""Of what a workflow gives, for it crosses the history as text; a larger file comes from an address."""
_FIRST_LOOK, _LONGEST_LOOK = 1.0, 30.0
_LOOKS = 60
_KINDS = mimetypes.MimeTypes()  # what Python knows by itself, the same on every machine


class FileUploads:
    """`notion.file_uploads`: `send` and `send_from` do all of it, and the rest is Notion's own steps.

    Attach the upload within an hour, by its id: `{"type": "file_upload", "file_upload": {"id": ...}}`.
    Source: developers.notion.com/docs/working-with-files-and-media.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(self, **body: Any) -> FileUpload:
        """Begin an upload: `mode` is single_part, multi_part (with `number_of_parts`) or external_url."""
        return _upload(await self._caller.call("POST", "/v1/file_uploads", body=body))

    async def send_part(
        self, upload_id: str, content: bytes | str, *, content_type: str | None = None, part_number: int | None = None
    ) -> FileUpload:
        """Send the bytes of an upload, or of one part of it."""
        data = content.encode() if isinstance(content, str) else content
        if len(data) > MAX_FILE_BYTES:
            raise PayloadTooLarge(
                f"The file has {len(data)} bytes; a workflow can give {MAX_FILE_BYTES}. Let Notion fetch a larger one "
                "from an address: notion.file_uploads.send_from(url, filename)."
            )
        file = NotionFile(content=base64.b64encode(data).decode(), content_type=content_type, part_number=part_number)
        path = f"{path_to('file_uploads', upload_id)}/send"
        return _upload(await self._caller.call("POST", path, file=file))

    async def complete(self, upload_id: str) -> FileUpload:
        """End an upload in several parts."""
        return _upload(await self._caller.call("POST", f"{path_to('file_uploads', upload_id)}/complete", body={}))

    async def retrieve(self, upload_id: str) -> FileUpload:
        """Return an upload."""
        return _upload(await self._caller.call("GET", path_to("file_uploads", upload_id)))

    def list(self, *, status: str | None = None, limit: int = MAX_ROWS) -> Results[FileUpload]:
        """Give the uploads of this connection: `status` is pending, uploaded, expired or failed."""

        async def fetch(asked: dict[str, Any]) -> dict[str, Any]:
            params = asked if status is None else {"status": status} | asked
            return await self._caller.call("GET", "/v1/file_uploads", params=params)

        return Results(fetch, limit=limit)

    async def send(self, filename: str, content: bytes | str, *, content_type: str | None = None) -> FileUpload:
        """Upload a small file that the workflow holds.

        Raises:
            PayloadTooLarge: it is larger than what a workflow can give; nothing was sent.
        """
        kind = content_type or _kind(filename)
        size = len(content.encode() if isinstance(content, str) else content)
        if size > MAX_FILE_BYTES:
            await self.send_part("", content)  # says what to do
        upload = await self.create(mode="single_part", filename=filename, content_type=kind)
        return await self.send_part(upload["id"], content, content_type=kind)

    async def send_from(self, url: str, filename: str, *, content_type: str | None = None) -> FileUpload:
        """Let Notion fetch a file of any size from a public https address, and wait until it has.

        Raises:
            NotionError: with the code `file_upload_failed` and Notion's words, where it could not.
        """
        if not url.startswith("https://"):
            raise RequestInvalid("Notion fetches files from https addresses only.")
        body = {"mode": "external_url", "filename": filename, "external_url": url, "content_type": content_type}
        upload, wait = await self.create(**body), _FIRST_LOOK
        for _ in range(_LOOKS):
            if upload.get("status") != "pending":
                break
            await workflow.sleep(timedelta(seconds=wait), summary=f"waiting for Notion to fetch {filename}"[:200])
            upload, wait = await self.retrieve(upload["id"]), min(wait * 1.5, _LONGEST_LOOK)
        if upload.get("status") != "uploaded":
            result = str(upload.get("file_import_result") or upload.get("status"))[:500]
            raise NotionError(f"Notion could not fetch {filename}: {result}", code="file_upload_failed")
        return upload


def _kind(filename: str) -> str:
    kind, _ = _KINDS.guess_type(filename)
    return kind or "application/octet-stream"


def _upload(answer: dict[str, Any]) -> FileUpload:
    return cast("FileUpload", answer)
