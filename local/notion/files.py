from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from local.notion.checks import a_string, an_id, an_object, one_of, only, required
from local.notion.errors import Json, failed, invalid, missing, object_not_found
from local.notion.objects import FileUpload, timestamp

if TYPE_CHECKING:
    from local.notion.call import Call
    from local.notion.workspace import Workspace

KINDS = ("external", "file_upload", "file")
_IMPORTED_LENGTH = 1_024  # of a file that nobody has fetched
URL_LIFETIME = timedelta(hours=1)


def parse(call: Call, given: Json, path: str) -> Json:
    """Return a file as Notion answers it, or refuse: at an address, uploaded, or one that Notion already holds."""
    kind = next((kind for kind in KINDS if kind in given), None)
    if kind is None:
        raise missing(f"{path}.external")
    one_of(given.get("type", kind), f"{path}.type", (kind,))
    value, path = an_object(given[kind], f"{path}.{kind}"), f"{path}.{kind}"
    if kind == "file_upload":
        only(value, path, ("id",))
        return attach(call, an_id(required(value, "id", path), f"{path}.id"))
    only(value, path, ("url",) if kind == "external" else ("url", "expiry_time"))
    url = a_string(required(value, "url", path), f"{path}.url")
    if not url:
        raise failed(f"{path}.url", "a non-empty string", url)
    if kind == "external":
        return {"type": "external", "external": {"url": url}}
    known = next((each for each in call.workspace.uploads.values() if hosted_at(each) == url), None)
    if known is None:
        raise invalid(f"{path}.url names no file that Notion holds.")
    return _hosted(call.workspace, known)


def attach(call: Call, id: str) -> Json:
    """Return an uploaded file as Notion answers it where it is attached, or refuse what is not uploaded."""
    upload = find(call, id)
    if upload.status != "uploaded":
        raise invalid(f"File upload {id} cannot be attached: its status is `{upload.status}`, and not `uploaded`.")
    call.attached.append(upload)
    return _hosted(call.workspace, upload)


def find(call: Call, id: str) -> FileUpload:
    """Return a file upload of this bot, as it stands by now, or refuse."""
    upload = call.workspace.uploads.get(id)
    if upload is None or upload.created_by != call.bot.id:
        raise object_not_found("file_upload", id, call.workspace.integration_id)
    settle(upload, call.workspace)
    return upload


def settle(upload: FileUpload, workspace: Workspace) -> None:
    """Let an import end and an upload expire: Notion does both by itself, in its own time."""
    now = workspace.clock()
    if upload.status == "pending" and upload.external_url is not None:
        upload.imported = {"imported_time": timestamp(now), **_import(upload.external_url)}
        upload.status = "uploaded" if upload.imported["type"] == "success" else "failed"
        upload.content_length = _IMPORTED_LENGTH if upload.status == "uploaded" else None
    if upload.status in ("pending", "uploaded") and upload.expiry_time is not None and now >= upload.expiry_time:
        upload.status = "expired"


def hosted_at(upload: FileUpload) -> str:
    """Return the address at which Notion would hold a file; nothing answers there."""
    name = quote(upload.filename or "file")
    return f"https://prod-files-secure.s3.us-west-2.amazonaws.com/{upload.space}/{upload.id}/{name}"


def _hosted(workspace: Workspace, upload: FileUpload) -> Json:
    expiry = timestamp(workspace.clock() + URL_LIFETIME)
    return {"type": "file", "file": {"url": hosted_at(upload), "expiry_time": expiry}}


def _import(url: str) -> Json:
    """Return how the import of a file ended: nothing is fetched, and an address under .invalid alone fails."""
    host = url.partition("//")[2].partition("/")[0]
    if not host.endswith(".invalid"):
        return {"type": "success", "success": {}}
    error = {
        "type": "download_error",
        "code": "file_upload_invalid_external_url",
        "message": "The file could not be downloaded.",
        "parameter": "external_url",
        "status_code": None,
    }
    return {"type": "error", "error": error}
