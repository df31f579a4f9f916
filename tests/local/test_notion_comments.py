from __future__ import annotations

from typing import Any

from tests.local.conftest import Notion

Json = dict[str, Any]


def text(content: str) -> list[Json]:
    return [{"text": {"content": content}}]


async def test_comments_are_made_and_listed(notion: Notion) -> None:
    page = await notion.named("1")
    body = {"parent": {"page_id": page["id"]}, "rich_text": text("Where is it?")}
    first = await notion.ok("POST", "/v1/comments", body)
    answer = {"discussion_id": first["discussion_id"], "rich_text": text("On its way")}
    await notion.ok("POST", "/v1/comments", answer)
    listed = await notion.ok("GET", f"/v1/comments?block_id={page['id']}")
    assert [each["rich_text"][0]["plain_text"] for each in listed["results"]] == ["Where is it?", "On its way"]
    assert (await notion.ok("GET", f"/v1/comments/{first['id']}"))["parent"]["page_id"] == page["id"]


async def test_a_comment_is_changed_and_deleted(notion: Notion) -> None:
    page = await notion.named("1")
    body = {"parent": {"page_id": page["id"]}, "rich_text": text("Where is it?")}
    path = f"/v1/comments/{(await notion.ok('POST', '/v1/comments', body))['id']}"
    changed = await notion.ok("PATCH", path, {"rich_text": text("Found it.")})
    assert changed["rich_text"][0]["plain_text"] == "Found it."
    assert (await notion.send("PATCH", path, {"parent": {"page_id": page["id"]}})).status_code == 400
    assert (await notion.ok("DELETE", path))["object"] == "comment"
    assert (await notion.send("GET", path)).status_code == 404
    assert (await notion.ok("GET", f"/v1/comments?block_id={page['id']}"))["results"] == []
