from __future__ import annotations

from typing import Any

import pytest

from local.notion import HOME_PAGE_ID
from tests.local.conftest import Notion

Json = dict[str, Any]


def text(content: str) -> list[Json]:
    return [{"text": {"content": content}}]


async def test_blocks_are_appended_changed_and_deleted(notion: Notion) -> None:
    path = f"/v1/blocks/{HOME_PAGE_ID}/children"
    nested = [{"bulleted_list_item": {"rich_text": text("inner")}}]
    table = {"table_width": 2, "children": [{"table_row": {"cells": [text("a"), text("b")]}}]}
    given: list[Json] = [
        {"heading_1": {"rich_text": text("Orders"), "is_toggleable": True}},
        {"to_do": {"rich_text": text("pack"), "checked": False}},
        {"bulleted_list_item": {"rich_text": text("outer"), "children": nested}},
        {"code": {"rich_text": text("x = 1"), "language": "python"}},
        {"divider": {}},
        {"bookmark": {"url": "https://shop.test"}},
        {"image": {"type": "external", "external": {"url": "https://shop.test/1.png"}}},
        {"callout": {"rich_text": text("note")}},
        {"equation": {"expression": "a + b"}},
        {"table_of_contents": {}},
        {"table": table},
        {"column_list": {"children": [{"column": {"children": nested}}, {"column": {"children": nested}}]}},
    ]
    added = (await notion.ok("PATCH", path, {"children": given}))["results"]
    assert [block["type"] for block in added] == [next(iter(block)) for block in given]
    assert added[2]["has_children"] is True
    todo = f"/v1/blocks/{added[1]['id']}"
    assert (await notion.ok("PATCH", todo, {"to_do": {"checked": True}}))["to_do"]["checked"] is True
    assert (await notion.ok("DELETE", todo))["in_trash"] is True
    listed = (await notion.ok("GET", path))["results"]
    assert [block["id"] for block in listed] == [block["id"] for block in added if block["id"] != added[1]["id"]]
    inner = await notion.ok("GET", f"/v1/blocks/{added[2]['id']}/children?page_size=1")
    assert inner["results"][0]["bulleted_list_item"]["rich_text"][0]["plain_text"] == "inner"


@pytest.mark.parametrize(
    ("version", "flag"),
    [("2022-06-28", "archived"), ("2025-09-03", "archived"), ("2025-09-03", "in_trash"), ("2026-03-11", "in_trash")],
)
async def test_a_block_goes_to_the_trash_and_comes_back(notion: Notion, version: str, flag: str) -> None:
    path = f"/v1/blocks/{HOME_PAGE_ID}/children"
    (block,) = (await notion.ok("PATCH", path, {"children": [{"divider": {}}]}, version))["results"]
    assert (await notion.ok("DELETE", f"/v1/blocks/{block['id']}", None, version))[flag] is True
    assert (await notion.ok("GET", path, None, version))["results"] == []
    assert (await notion.send("DELETE", f"/v1/blocks/{block['id']}", None, version)).status_code == 400
    assert (await notion.ok("PATCH", f"/v1/blocks/{block['id']}", {flag: False}, version))[flag] is False
    assert [each["id"] for each in (await notion.ok("GET", path, None, version))["results"]] == [block["id"]]


async def test_a_page_that_was_deleted_as_a_block_comes_back_as_a_page(notion: Notion) -> None:
    page = await notion.named("1")
    assert (await notion.ok("DELETE", f"/v1/blocks/{page['id']}"))["type"] == "child_page"
    assert await notion.names() == []
    await notion.ok("PATCH", f"/v1/pages/{page['id']}", {"in_trash": False})
    assert await notion.names() == ["1"]


async def test_only_a_page_is_archived_by_another_name(notion: Notion) -> None:
    page = await notion.named("1")
    assert (await notion.ok("PATCH", f"/v1/pages/{page['id']}", {"is_archived": True}))["in_trash"] is True
    (block,) = (await notion.ok("PATCH", f"/v1/blocks/{HOME_PAGE_ID}/children", {"children": [{"divider": {}}]}))[
        "results"
    ]
    assert (await notion.send("PATCH", f"/v1/blocks/{block['id']}", {"is_archived": True})).status_code == 400


async def test_a_link_keeps_what_an_update_leaves_out(notion: Notion) -> None:
    body = {"children": [{"bookmark": {"url": "https://shop.test"}}]}
    (block,) = (await notion.ok("PATCH", f"/v1/blocks/{HOME_PAGE_ID}/children", body))["results"]
    changed = await notion.ok("PATCH", f"/v1/blocks/{block['id']}", {"bookmark": {"caption": text("The shop")}})
    assert changed["bookmark"]["url"] == "https://shop.test"
    assert changed["bookmark"]["caption"][0]["plain_text"] == "The shop"
