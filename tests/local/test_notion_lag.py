from __future__ import annotations

from typing import Any

import pytest

from local.notion import HOME_PAGE_ID, Workspace
from tests.local.conftest import Notion, Ticks

Json = dict[str, Any]

CHILDREN = f"/v1/blocks/{HOME_PAGE_ID}/children"
PARAGRAPH: Json = {"paragraph": {"rich_text": [{"text": {"content": "1"}}]}}


@pytest.fixture
def workspace(ticks: Ticks) -> Workspace:
    return Workspace(ticks=ticks)


async def lag(notion: Notion, seconds: float) -> None:
    response = await notion.http.put("/_local/lag", json={"seconds": seconds})
    assert (response.status_code, response.json()) == (200, {"seconds": seconds})


async def found(notion: Notion) -> tuple[int, int, int]:
    """Return how many rows a query, pages a search, and blocks a list of children finds."""
    pages = await notion.ok("POST", "/v1/search", {"filter": {"property": "object", "value": "page"}})
    return len(await notion.names()), len(pages["results"]), len((await notion.ok("GET", CHILDREN))["results"])


async def test_what_is_new_is_found_at_once_unless_it_is_asked_otherwise(notion: Notion) -> None:
    await notion.named("1")
    await notion.ok("PATCH", CHILDREN, {"children": [PARAGRAPH]})
    assert await found(notion) == (1, 2, 1)


async def test_lists_find_what_is_new_after_the_lag_and_its_id_finds_it_at_once(notion: Notion, ticks: Ticks) -> None:
    await notion.named("older")
    await lag(notion, 2)
    assert await found(notion) == (1, 2, 0)
    page = await notion.named("new")
    (block,) = (await notion.ok("PATCH", CHILDREN, {"children": [PARAGRAPH]}))["results"]
    ticks.now += 1.9
    assert await found(notion) == (1, 2, 0)
    assert (await notion.ok("GET", f"/v1/pages/{page['id']}"))["id"] == page["id"]
    assert (await notion.ok("GET", f"/v1/blocks/{block['id']}"))["id"] == block["id"]
    ticks.now += 0.1
    assert await found(notion) == (2, 3, 1)


async def test_without_a_lag_everything_is_found_again(notion: Notion) -> None:
    await lag(notion, 3_600)
    await notion.named("new")
    assert await notion.names() == []
    await lag(notion, 0)
    assert await notion.names() == ["new"]


@pytest.mark.parametrize("body", [{}, {"seconds": -1}, {"seconds": "2"}, {"seconds": 2, "of": "rows"}])
async def test_a_lag_that_cannot_be_is_refused(notion: Notion, body: Json) -> None:
    assert (await notion.http.put("/_local/lag", json=body)).status_code == 400
