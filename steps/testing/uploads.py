"""The file uploads of a simulated Notion, in memory."""

from __future__ import annotations

import re
from typing import Any

from steps.http import NotionRequest
from steps.testing.listing import page_of

_UPLOAD = re.compile(r"/v1/file_uploads/([^/]+)(/send|/complete)?")


class Uploads:
    """What steps upload, the oldest first."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    def add(self, filename: str | None, content_type: str | None = None, *, status: str = "pending") -> dict[str, Any]:
        """Begin an upload."""
        upload: dict[str, Any] = {
            "object": "file_upload", "id": f"upload-{len(self.made) + 1}", "status": status, "filename": filename,
            "content_type": content_type,
        }  # fmt: skip
        self.made.append(upload)
        return upload

    def answer(self, request: NotionRequest) -> dict[str, Any] | None:
        """Answer a call about uploads; None where this cannot."""
        body = request.body or {}
        if request.path == "/v1/file_uploads":
            if request.method == "GET":
                return page_of(self.made, request.params or {})
            return self.add(body.get("filename"), body.get("content_type"))
        found = _UPLOAD.fullmatch(request.path)
        upload = next((one for one in self.made if found and one["id"] == found[1]), None)
        if found is None or upload is None or (request.method == "GET") == bool(found[2]):
            return None
        if found[2]:
            upload["status"] = "uploaded"
        return upload
