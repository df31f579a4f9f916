from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, Workspace, create_app
from local.notion.uploads import MIN_PART
from tests.local.conftest import Clock, Notion

Json = dict[str, Any]

UPLOADS = "/v1/file_uploads"
CHILDREN = f"/v1/blocks/{HOME_PAGE_ID}/children"
MULTI: Json = {"mode": "multi_part", "filename": "film.mp4", "content_type": "video/mp4", "number_of_parts": 2}


@pytest.fixture
def workspace(clock: Clock) -> Workspace:
    return Workspace(clock=clock)


async def status(notion: Notion, id: str) -> str:
    return (await notion.ok("GET", f"{UPLOADS}/{id}"))["status"]


async def test_a_small_file_is_sent_in_one_part(notion: Notion) -> None:
    made = await notion.ok("POST", UPLOADS, {"filename": "note.txt", "content_type": "text/plain"})
    assert (made["status"], made["content_length"]) == ("pending", None)
    assert made["created_time"] == "2026-11-22T12:00:00.000Z"
    assert made["expiry_time"] == "2026-11-22T13:00:00.000Z"
    assert made["created_by"] == {"id": (await notion.ok("GET", "/v1/users/me"))["id"], "type": "bot"}
    assert made["upload_url"].endswith(f"/v1/file_uploads/{made['id']}/send")
    sent = (await notion.upload(made["id"], b"hello")).json()
    assert (sent["status"], sent["content_length"], sent["filename"]) == ("uploaded", 5, "note.txt")
    assert "upload_url" not in sent
    again = await notion.upload(made["id"], b"hello")
    assert again.status_code == 400
    assert "its status is `uploaded`" in again.json()["message"]


async def test_the_file_itself_names_what_the_request_left_out(notion: Notion) -> None:
    made = await notion.ok("POST", UPLOADS, {})
    assert (made["filename"], made["content_type"]) == (None, None)
    sent = (await notion.upload(made["id"], b"hello")).json()
    assert (sent["filename"], sent["content_type"]) == ("note.txt", "text/plain")


async def test_a_large_file_is_sent_in_parts_in_any_order_and_completed(notion: Notion) -> None:
    made = await notion.ok("POST", UPLOADS, MULTI)
    path = f"{UPLOADS}/{made['id']}"
    assert made["number_of_parts"] == {"total": 2, "sent": 0}
    assert made["complete_url"].endswith("/complete")
    assert (await notion.upload(made["id"], b"end", "video/mp4", part_number="2")).json()["number_of_parts"][
        "sent"
    ] == 1
    assert (await notion.send("POST", f"{path}/complete")).status_code == 400
    for part in ("0", "3", "x"):
        assert (await notion.upload(made["id"], b"end", "video/mp4", part_number=part)).status_code == 400
    assert (await notion.upload(made["id"], b"end", "video/mp4")).status_code == 400
    assert (await notion.upload(made["id"], b"short", "video/mp4", part_number="1")).status_code == 400
    await notion.upload(made["id"], b"a" * MIN_PART, "video/mp4", part_number="1")
    assert await status(notion, made["id"]) == "pending"
    done = await notion.ok("POST", f"{path}/complete", {})
    assert (done["status"], done["content_length"]) == ("uploaded", MIN_PART + 3)


@pytest.mark.parametrize(
    ("url", "outcome", "result"),
    [
        ("https://shop.test/label.pdf", "uploaded", "success"),
        ("https://shop.invalid/label.pdf", "failed", "error"),
    ],
)
async def test_a_file_is_imported_from_an_address(notion: Notion, url: str, outcome: str, result: str) -> None:
    body = {"mode": "external_url", "filename": "label.pdf", "external_url": url}
    made = await notion.ok("POST", UPLOADS, body)
    assert (made["status"], made["content_type"]) == ("pending", "application/pdf")
    found = await notion.ok("GET", f"{UPLOADS}/{made['id']}")
    assert (found["status"], found["file_import_result"]["type"]) == (outcome, result)
    assert (await notion.upload(made["id"], b"hello")).status_code == 400


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"mode": "two_part"}, "body.mode should be"),
        ({"size": 5}, "body.size should be not present"),
        ({"filename": ""}, "body.filename should be 1 to 900 bytes"),
        ({"filename": "é" * 451}, "body.filename should be 1 to 900 bytes"),
        ({"filename": "note"}, "body.filename should have an extension"),
        ({"number_of_parts": 2}, "body.number_of_parts should be not present"),
        ({"external_url": "https://shop.test/1"}, "body.external_url should be not present"),
        ({**MULTI, "number_of_parts": 1001}, "body.number_of_parts should be a whole number"),
        ({**MULTI, "number_of_parts": 1.5}, "body.number_of_parts should be a whole number"),
        ({"mode": "multi_part", "filename": "a.txt"}, "body.number_of_parts should be defined"),
        ({"mode": "multi_part", "number_of_parts": 2}, "body.filename should be defined"),
        ({"mode": "external_url", "filename": "a.txt"}, "body.external_url should be defined"),
        ({"mode": "external_url", "external_url": "http://shop.test/1"}, "body.external_url should be an https URL"),
    ],
)
async def test_a_wrong_upload_is_refused(notion: Notion, body: Json, message: str) -> None:
    response = await notion.send("POST", UPLOADS, body)
    assert (response.status_code, response.json()["code"]) == (400, "validation_error")
    assert message in response.json()["message"]


async def test_a_file_has_to_be_what_was_said_of_it(notion: Notion) -> None:
    made = await notion.ok("POST", UPLOADS, {"filename": "note.txt", "content_type": "text/plain"})
    for refused in (
        await notion.upload(made["id"], b"hello", "image/png"),
        await notion.upload(made["id"], b""),
        await notion.upload(made["id"], b"hello", part_number="1"),
        await notion.upload(made["id"], b"hello", words="1"),
        await notion.send("POST", f"{UPLOADS}/{made['id']}/send", {"file": "hello"}),
        await notion.send("POST", f"{UPLOADS}/{made['id']}/complete", {}),
    ):
        assert (refused.status_code, refused.json()["code"]) == (400, "validation_error")
    assert (await notion.upload(made["id"], b"a" * (22 * 1024 * 1024))).status_code == 413
    assert await status(notion, made["id"]) == "pending"


async def test_uploads_are_listed_by_status_and_belong_to_their_bot(workspace: Workspace, notion: Notion) -> None:
    first = (await notion.ok("POST", UPLOADS, {"filename": "a.txt"}))["id"]
    second = await notion.uploaded()
    assert [each["id"] for each in (await notion.ok("GET", UPLOADS))["results"]] == [second, first]
    page = await notion.ok("GET", f"{UPLOADS}?page_size=1")
    rest = await notion.ok("GET", f"{UPLOADS}?page_size=1&start_cursor={page['next_cursor']}")
    assert [each["id"] for each in rest["results"]] == [first]
    assert [each["id"] for each in (await notion.ok("GET", f"{UPLOADS}?status=pending"))["results"]] == [first]
    assert (await notion.send("GET", f"{UPLOADS}?status=lost")).status_code == 400
    grace = Notion(create_app(workspace), workspace.connect("Grace"))
    assert (await grace.ok("GET", UPLOADS))["results"] == []
    assert (await grace.send("GET", f"{UPLOADS}/{first}")).status_code == 404


async def test_what_is_not_attached_within_an_hour_expires(notion: Notion, clock: Clock) -> None:
    pending = (await notion.ok("POST", UPLOADS, {"filename": "a.txt"}))["id"]
    loose, attached = await notion.uploaded(), await notion.uploaded()
    await notion.ok("PATCH", CHILDREN, {"children": [image(attached)]})
    assert (await notion.ok("GET", f"{UPLOADS}/{attached}"))["expiry_time"] is None
    clock.now += timedelta(hours=1)
    assert [await status(notion, id) for id in (pending, loose, attached)] == ["expired", "expired", "uploaded"]
    assert (await notion.upload(pending, b"hello")).status_code == 400


async def test_an_uploaded_file_is_attached_wherever_a_file_goes(notion: Notion) -> None:
    files: Json = {"Label": {"files": {}}}
    await notion.ok("PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", {"properties": files})
    id = await notion.uploaded()
    page = await notion.named("1", Label={"files": [{"type": "file_upload", "file_upload": {"id": id}}]})
    (held,) = page["properties"]["Label"]["files"]
    assert (held["name"], held["type"]) == ("note.txt", "file")
    again = {"properties": {"Label": {"files": [held, {"name": "x", "file_upload": {"id": id}}]}}}
    updated = await notion.ok("PATCH", f"/v1/pages/{page['id']}", again)
    assert [each["name"] for each in updated["properties"]["Label"]["files"]] == ["note.txt", "x"]
    looks = {key: {"type": "file_upload", "file_upload": {"id": id}} for key in ("icon", "cover")}
    dressed = await notion.ok("PATCH", f"/v1/pages/{page['id']}", looks)
    assert (dressed["icon"]["type"], dressed["cover"]["type"]) == ("file", "file")
    given = [image(id), {"file": {"file_upload": {"id": id}, "name": "n.txt"}}]
    first, second = (await notion.ok("PATCH", CHILDREN, {"children": given}))["results"]
    assert (first["image"]["type"], second["file"]["name"]) == ("file", "n.txt")
    changed = await notion.ok(
        "PATCH", f"/v1/blocks/{first['id']}", {"image": {"caption": [{"text": {"content": "a"}}]}}
    )
    assert changed["image"]["file"]["url"] == first["image"]["file"]["url"]


@pytest.mark.parametrize(("kind", "category"), [("text/plain", "productivity"), ("image/png", "image")])
async def test_a_comment_has_attachments(notion: Notion, kind: str, category: str) -> None:
    body: Json = {"parent": {"page_id": HOME_PAGE_ID}, "rich_text": [{"text": {"content": "1"}}]}
    id = await notion.uploaded("a.bin", kind)
    comment = await notion.ok("POST", "/v1/comments", {**body, "attachments": [{"file_upload_id": id}]})
    assert [each["category"] for each in comment["attachments"]] == [category]
    assert (
        await notion.send("POST", "/v1/comments", {**body, "attachments": [{"file_upload_id": id}] * 4})
    ).status_code == 400
    named = {**body, "display_name": {"type": "custom", "custom": {"name": "The shop"}}}
    assert (await notion.ok("POST", "/v1/comments", named))["display_name"]["resolved_name"] == "The shop"


async def test_only_an_uploaded_file_is_attached_and_a_refused_write_attaches_nothing(notion: Notion) -> None:
    pending = (await notion.ok("POST", UPLOADS, {"filename": "a.txt"}))["id"]
    parent = {"data_source_id": ORDERS_DATA_SOURCE_ID}
    attachment: Json = {
        "parent": {"page_id": HOME_PAGE_ID},
        "rich_text": [],
        "attachments": [{"file_upload_id": pending}],
    }
    icon = {"file_upload": {"id": pending}}
    calls: list[tuple[str, str, Json]] = [
        ("PATCH", CHILDREN, {"children": [image(pending)]}),
        ("POST", "/v1/pages", {"parent": parent, "icon": icon}),
        ("POST", "/v1/comments", attachment),
    ]
    for method, path, body in calls:
        refused = await notion.send(method, path, body)
        assert refused.status_code == 400
        assert "its status is `pending`" in refused.json()["message"]
    unknown = await notion.send("PATCH", CHILDREN, {"children": [image("11111111-2222-4333-8444-555555555555")]})
    assert unknown.status_code == 404
    id = await notion.uploaded()
    assert (await notion.send("PATCH", CHILDREN, {"children": [image(id), {"poem": {}}]})).status_code == 400
    assert (await notion.ok("GET", f"{UPLOADS}/{id}"))["expiry_time"] is not None
    foreign = {"image": {"file": {"url": "https://elsewhere.test/1"}}}
    assert (await notion.send("PATCH", CHILDREN, {"children": [foreign]})).status_code == 400


@pytest.mark.parametrize("version", ["2022-06-28", "2025-09-03", "2026-03-11"])
async def test_an_upload_has_the_flags_of_its_version(notion: Notion, version: str) -> None:
    made = await notion.ok("POST", UPLOADS, {"filename": "a.txt"}, version)
    flags = {"2022-06-28": {"archived"}, "2025-09-03": {"archived", "in_trash"}, "2026-03-11": {"in_trash"}}
    assert set(made) & {"archived", "in_trash"} == flags[version]


def image(id: str) -> Json:
    return {"type": "image", "image": {"type": "file_upload", "file_upload": {"id": id}}}
