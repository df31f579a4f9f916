from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from local.notion.errors import Json, invalid, missing


@dataclass(frozen=True)
class SentFile:
    """Hold what a form says of a file; its content is counted, and not kept."""

    filename: str
    content_type: str
    length: int


def is_form(request: Request) -> bool:
    """Say whether a request brings a form: the one endpoint that takes a file does not take JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind == "multipart/form-data" and request.url.path.endswith("/send")


async def read(request: Request) -> Json:
    """Return a form's fields, or refuse."""
    fields: Json = {}
    try:
        async with request.form(max_files=1, max_fields=10) as form:
            for name, value in form.multi_items():
                fields[name] = _sent(value) if isinstance(value, UploadFile) else value
    except HTTPException as error:
        raise invalid(f"body failed validation: {error.detail}") from None
    return fields


def sent_file(fields: Json) -> SentFile:
    """Return the file that a form holds, or refuse."""
    file = fields.get("file")
    if not isinstance(file, SentFile):
        raise missing("body.file")
    return file


def _sent(file: UploadFile) -> SentFile:
    return SentFile(file.filename or "", (file.content_type or "").partition(";")[0].strip().lower(), file.size or 0)
