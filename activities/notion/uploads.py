"""Files from an address into Notion."""

from __future__ import annotations

import asyncio
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from activities.egress import Egress
from activities.exchange import Exchange
from activities.fetch import build
from activities.heartbeat import Pulse
from activities.notion.call import Notion
from steps.errors import FetchFailed, RequestInvalid
from steps.http import FetchRequest, NotionRequest, SentFile
from steps.notion.upload import UploadRequest

MAX_SINGLE = 20 * 1024 * 1024
"""Notion takes larger files in parts alone."""
PART = 10 * 1024 * 1024  # Notion's are of 5 to 20 MiB, the last one may be smaller
_SECONDS = 300.0
_IN_MEMORY = 1024 * 1024
_AT_ONCE = 4  # so many files are on this worker's disk


class Uploads:
    """Fetch files as `fetch` does, and send them to Notion."""

    def __init__(self, egress: Egress, notion: Notion) -> None:
        self._egress, self._notion = egress, notion
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def upload(self, request: UploadRequest, workflow: str, pulse: Pulse) -> dict[str, Any]:
        """Return the upload, which has ended. A later attempt begins another one; the first ends by itself.

        Raises:
            RequestInvalid, EgressDenied: the file cannot be asked for.
            FetchFailed: it did not come.
            ResponseTooLarge: it is larger than STEPS_MAX_UPLOAD_BYTES.
            NotionError, FailureError and what else a call of Notion raises: as they say.
        """
        async with self._room:
            with SpooledTemporaryFile[bytes](_IN_MEMORY) as file:
                await self._fetch(request, file)
                size = file.tell()
                if size == 0:
                    raise RequestInvalid("The file is empty, and Notion takes none such.")
                return await _Way(self._notion, request, workflow, pulse).send(file, size)

    async def _fetch(self, request: UploadRequest, into: IO[bytes]) -> None:
        built = build(FetchRequest(url=request.url))
        answer = await self._egress.download(built, Exchange(built.url.host), _SECONDS, into)
        if not answer.ok:
            error = FetchFailed(f"The file at {built.url.host} was not there: it answered {answer.status}.")
            raise error.to_failure(retryable=answer.status >= 500 or answer.status == 429)


class _Way:
    """The calls of one upload."""

    def __init__(self, notion: Notion, request: UploadRequest, workflow: str, pulse: Pulse) -> None:
        self._notion, self._request, self._workflow, self._pulse = notion, request, workflow, pulse

    async def send(self, file: IO[bytes], size: int) -> dict[str, Any]:
        """Send a file in as many parts as it needs."""
        kind = self._request.content_type
        parts = -(-size // PART) if size > MAX_SINGLE else 1
        body: dict[str, Any] = {"filename": self._request.filename}
        if kind is not None:
            body["content_type"] = kind
        if parts > 1:
            body |= {"mode": "multi_part", "number_of_parts": parts}
        began = await self._call("", body=body)
        path, kind = f"/{began['id']}", kind or began.get("content_type")
        file.seek(0)
        answer = began
        for part in range(1, parts + 1):
            content = await asyncio.to_thread(file.read, PART if parts > 1 else size)
            sent = SentFile(
                filename=self._request.filename,
                content=content,
                content_type=kind,
                part=part if parts > 1 else None,
            )
            answer = await self._call(f"{path}/send", file=sent)
        return await self._call(f"{path}/complete", body={}) if parts > 1 else answer

    async def _call(self, path: str, **fields: Any) -> dict[str, Any]:
        asked = self._request
        request = NotionRequest(
            handle=asked.handle,
            method="POST",
            path=f"/v1/file_uploads{path}",
            version=asked.version,
            lane=asked.lane,
            turned=asked.turned,
            again=asked.again,
            **fields,
        )
        return await self._notion.call(request, self._workflow, self._pulse)
