"""Which blocks and which comment are taken for those that an earlier attempt made."""

from __future__ import annotations

import pytest

from local.notion import HOME_PAGE_ID
from steps.http import Again
from tests.activities.desk import APPEND, Desk, desk, paragraph
from tests.activities.test_stand_in import notion, origin

__all__ = ["desk", "notion", "origin"]


async def test_blocks_that_were_appended_are_found_as_notion_answered_them(desk: Desk) -> None:
    body = {"children": [paragraph("one"), paragraph("two")]}
    made = await desk.call(*APPEND, body, attempt=1)
    found = await desk.call(*APPEND, body)
    assert [block["id"] for block in found["results"]] == [block["id"] for block in made["results"]]
    assert found.keys() == made.keys() - {"request_id"}
    assert desk.asked == [APPEND, ("GET", APPEND[1])]


@pytest.mark.parametrize("between", ["one", "x"])
async def test_blocks_must_stand_together_to_be_found(desk: Desk, between: str) -> None:
    for text in ("one", between, "two"):
        desk.block(text)
    await desk.call(*APPEND, {"children": [paragraph("one"), paragraph("two")]})
    assert (desk.asked[-1] == APPEND) == (between == "x")


async def test_blocks_of_an_identical_write_are_not_taken(desk: Desk) -> None:
    first = desk.block("one")
    found = await desk.call(*APPEND, {"children": [paragraph("one")]}, again=Again(made=[first.id]))
    assert desk.asked[-1] == APPEND
    assert found["results"][0]["id"] != first.id


async def test_a_reply_is_found_where_its_page_is_known(desk: Desk) -> None:
    place = {"parent": {"page_id": HOME_PAGE_ID}}
    body = {"rich_text": [{"text": {"content": "Yes"}}]}
    first = await desk.call("POST", "/v1/comments", {**place, **body}, attempt=1)
    await desk.call("POST", "/v1/comments", {**place, **body}, attempt=1)
    reply = {"discussion_id": first["discussion_id"], **body}
    made = await desk.call("POST", "/v1/comments", reply, attempt=1)
    again = Again(made=[first["id"]])
    assert (await desk.call("POST", "/v1/comments", reply, page=HOME_PAGE_ID, again=again))["id"] == made["id"]
