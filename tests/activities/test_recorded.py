from __future__ import annotations

from typing import Any

import pytest

from tests.activities.conftest import World
from tests.activities.recorded import take
from tests.local.recorded import Call

TEXT = {"type": "text", "plain_text": "Tea", "annotations": {}, "href": None, "text": {"content": "Tea", "link": None}}
MADE: dict[str, Any] = {
    "created_time": "2026-01-01T00:00:00.000Z",
    "last_edited_time": "2026-01-01T00:00:00.000Z",
    "parent": {},
}
PAGE: dict[str, Any] = {
    "object": "page", "id": "p", "url": "https://notion.so/p", "icon": None, "cover": None, **MADE,
    "properties": {"Name": {"id": "title", "type": "title", "title": [TEXT]}},
}  # fmt: skip
DATABASE: dict[str, Any] = {
    "object": "database", "id": "d", "url": "https://notion.so/d", "icon": None, "cover": None, **MADE,
    "title": [TEXT], "description": [], "is_inline": False, "data_sources": [{"id": "s", "name": "Tea"}],
}  # fmt: skip
REFUSED: dict[str, Any] = {"object": "error", "status": 404, "code": "object_not_found", "message": "No such page."}


def call(status: int, answer: Any) -> Call:
    return Call("made by hand", "GET", "https://api.notion.com/v1/pages/p", "2025-09-03", "", "", status, answer)


@pytest.mark.parametrize(
    ("status", "answer", "wrong"),
    [
        (200, PAGE, []),
        (200, DATABASE, []),
        (404, REFUSED, []),
        (200, {"object": "list", "results": [PAGE], "has_more": False, "next_cursor": None}, []),
        (200, {key: value for key, value in PAGE.items() if key != "url"}, ["url: Field required"]),
        (200, {"object": "list", "results": [PAGE]}, ["has_more: Field required", "next_cursor: Field required"]),
        (200, PAGE | {"properties": {"Name": {"id": "x", "type": "title"}}}, []),
        (404, REFUSED | {"code": 7}, ["404  and not 404 7"]),
    ],
    ids=["page", "database", "refusal", "list", "page without url", "list without its end", "bare", "odd code"],
)
async def test_an_answer_is_held_to_what_authors_are_given(world: World, status: int, answer: Any, wrong: list[str]):
    await world.connect()
    assert await take(world, call(status, answer)) == wrong
