from __future__ import annotations

import mimetypes
from datetime import timedelta

from local.notion import files, shapes
from local.notion.call import Call
from local.notion.checks import a_string, is_number, one_of, only
from local.notion.errors import Json, failed, invalid, missing
from local.notion.forms import SentFile, sent_file
from local.notion.objects import FileUpload, minute, new_id
from local.notion.paging import listed

MODES = ("single_part", "multi_part", "external_url")
STATUSES = ("pending", "uploaded", "expired", "failed")
LIFETIME = timedelta(hours=1)
MAX_FILENAME = 900
MAX_PARTS = 1_000
MIN_PART, MAX_PART = 5 * 1024 * 1024, 20 * 1024 * 1024


def create(call: Call) -> Json:
    """Start a file upload: its content follows, or is imported from an address."""
    body = call.body
    only(body, "body", ("mode", "filename", "content_type", "number_of_parts", "external_url"))
    mode = one_of(body.get("mode", "single_part"), "body.mode", MODES)
    filename = _filename(body, mode)
    content_type = a_string(body["content_type"], "body.content_type") if "content_type" in body else None
    if filename is not None and "." not in filename and content_type is None:
        raise invalid("body.filename should have an extension when there is no content_type.")
    if mode == "external_url" and content_type is None and filename is not None:
        content_type = mimetypes.guess_type(filename)[0]
    now = minute(call.workspace.clock())
    upload = FileUpload(
        id=new_id(),
        space=call.bot.space,
        created_time=now,
        created_by=call.bot.id,
        last_edited_time=now,
        expiry_time=now + LIFETIME,
        mode=mode,
        filename=filename,
        content_type=content_type,
        total_parts=_number_of_parts(body, mode),
        external_url=_external_url(body, mode),
    )
    call.workspace.uploads[upload.id] = upload
    return shapes.file_upload(upload, call.version)


def send(call: Call) -> Json:
    """Take a file's content, or one part of it."""
    upload, body = files.find(call, call.id("file_upload_id")), call.body
    file = sent_file(body)
    only(body, "body", ("file", "part_number"))
    _check_open(upload)
    if upload.mode == "external_url":
        raise invalid("A file upload with mode external_url is imported: nothing can be sent.")
    number = _part_number(upload, body)
    _check_file(upload, file, number)
    upload.parts[number] = file.length
    upload.filename = upload.filename or file.filename
    upload.content_type = upload.content_type or file.content_type or None
    upload.last_edited_time = minute(call.workspace.clock())
    if upload.mode == "single_part":
        _finish(upload)
    return shapes.file_upload(upload, call.version)


def complete(call: Call) -> Json:
    """End an upload in parts."""
    upload = files.find(call, call.id("file_upload_id"))
    only(call.body, "body", ())
    if upload.mode != "multi_part":
        raise invalid("Only a file upload with mode multi_part is completed.")
    _check_open(upload)
    if len(upload.parts) != upload.total_parts:
        raise invalid(f"{len(upload.parts)} of {upload.total_parts} parts have been sent.")
    upload.last_edited_time = minute(call.workspace.clock())
    _finish(upload)
    return shapes.file_upload(upload, call.version)


def retrieve(call: Call) -> Json:
    """Return a file upload."""
    return shapes.file_upload(files.find(call, call.id("file_upload_id")), call.version)


def uploads(call: Call) -> Json:
    """Return the bot's file uploads, the newest first."""
    status = call.query.get("status")
    if status is not None:
        one_of(status, "query.status", STATUSES)
    found = [each for each in reversed(call.workspace.uploads.values()) if each.created_by == call.bot.id]
    for each in found:
        files.settle(each, call.workspace)
    found = [each for each in found if status in (None, each.status)]
    return listed(call, found, lambda each: each.id, lambda each: shapes.file_upload(each, call.version), "file_upload")


def _filename(body: Json, mode: str) -> str | None:
    if "filename" not in body:
        if mode == "multi_part":
            raise missing("body.filename")
        return None
    name = a_string(body["filename"], "body.filename")
    if not name or len(name.encode()) > MAX_FILENAME:
        raise failed("body.filename", f"1 to {MAX_FILENAME} bytes", name)
    return name


def _number_of_parts(body: Json, mode: str) -> int:
    given = body.get("number_of_parts")
    if mode != "multi_part":
        if given is not None:
            raise failed("body.number_of_parts", "not present", given)
        return 0
    if given is None:
        raise missing("body.number_of_parts")
    if not is_number(given) or not isinstance(given, int) or not 1 <= given <= MAX_PARTS:
        raise failed("body.number_of_parts", f"a whole number from 1 to {MAX_PARTS}", given)
    return given


def _external_url(body: Json, mode: str) -> str | None:
    if mode != "external_url":
        if "external_url" in body:
            raise failed("body.external_url", "not present", body["external_url"])
        return None
    if "external_url" not in body:
        raise missing("body.external_url")
    url = a_string(body["external_url"], "body.external_url")
    if not url.startswith("https://"):
        raise failed("body.external_url", "an https URL", url)
    return url


def _check_open(upload: FileUpload) -> None:
    if upload.status != "pending":
        raise invalid(f"File upload {upload.id} is not pending: its status is `{upload.status}`.")


def _part_number(upload: FileUpload, body: Json) -> int:
    given = body.get("part_number")
    if upload.mode == "single_part":
        if given is not None:
            raise failed("body.part_number", "not present", given)
        return 1
    if given is None:
        raise missing("body.part_number")
    if not isinstance(given, str) or not given.isdecimal() or not 1 <= int(given) <= upload.total_parts:
        raise failed("body.part_number", f"a whole number from 1 to {upload.total_parts}", given)
    return int(given)


def _check_file(upload: FileUpload, file: SentFile, number: int) -> None:
    if upload.content_type and file.content_type and upload.content_type != file.content_type:
        raise invalid(f"The file's content type {file.content_type} is not {upload.content_type}.")
    # Every part but the last one has to be of a certain size.
    least = MIN_PART if number < upload.total_parts else 1
    if not least <= file.length <= MAX_PART:
        raise invalid(f"The file should have {least} to {MAX_PART} bytes, instead it has {file.length}.")


def _finish(upload: FileUpload) -> None:
    upload.status = "uploaded"
    upload.content_length = sum(upload.parts.values())
    if upload.content_type is None and upload.filename is not None:
        upload.content_type = mimetypes.guess_type(upload.filename)[0]
