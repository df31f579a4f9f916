from __future__ import annotations

from typing import Any

import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID
from tests.local.conftest import Notion, title

Json = dict[str, Any]

SOURCE: Json = {"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID}
NOWHERE = "11111111-2222-4333-8444-555555555555"


async def under(notion: Notion, parent: str, name: str) -> str:
    """Make a page under a page, and return its id."""
    properties = {"title": [{"text": {"content": name}}]}
    return (await notion.ok("POST", "/v1/pages", {"parent": {"page_id": parent}, "properties": properties}))["id"]


async def move(notion: Notion, id: str, parent: Json) -> Json:
    return await notion.ok("POST", f"/v1/pages/{id}/move", {"parent": parent})


async def children(notion: Notion, id: str) -> list[str]:
    return [block["id"] for block in (await notion.ok("GET", f"/v1/blocks/{id}/children"))["results"]]


async def test_a_page_moves_under_another_page(notion: Notion) -> None:
    target, page = await under(notion, HOME_PAGE_ID, "Target"), await under(notion, HOME_PAGE_ID, "Moving")
    moved = await move(notion, page, {"page_id": target})
    assert moved["parent"] == {"type": "page_id", "page_id": target}
    assert moved["properties"]["title"]["title"][0]["plain_text"] == "Moving"
    assert await children(notion, HOME_PAGE_ID) == [target]
    assert await children(notion, target) == [page]


async def test_a_page_becomes_a_row_and_a_page_again(notion: Notion) -> None:
    page = await under(notion, HOME_PAGE_ID, "Moving")
    row = await move(notion, page, SOURCE)
    assert (title(row), row["parent"]["data_source_id"]) == ("Moving", ORDERS_DATA_SOURCE_ID)
    assert await notion.names() == ["Moving"]
    back = await move(notion, page, {"type": "page_id", "page_id": HOME_PAGE_ID})
    assert set(back["properties"]) == {"title"}
    assert await notion.names() == []


async def test_a_row_keeps_what_the_other_data_source_has_too(notion: Notion) -> None:
    columns: Json = {
        "Title": {"title": {}},
        "Total": {"number": {}},
        "Email": {"rich_text": {}},
        "No": {"unique_id": {}},
    }
    body = {"parent": {"page_id": HOME_PAGE_ID, "type": "page_id"}, "initial_data_source": {"properties": columns}}
    other = (await notion.ok("POST", "/v1/databases", body))["data_sources"][0]["id"]
    page = await notion.named("1", Total={"number": 3}, Email={"email": "ada@example.com"})
    properties = (await move(notion, page["id"], {"data_source_id": other}))["properties"]
    assert properties["Title"]["title"][0]["plain_text"] == "1"
    assert properties["Total"]["number"] == 3
    assert properties["Email"]["rich_text"] == []
    assert properties["No"]["unique_id"]["number"] == 1


@pytest.mark.parametrize(
    ("parent", "status"),
    [
        ({"page_id": NOWHERE}, 404),
        ({"data_source_id": NOWHERE}, 404),
        ({"workspace": True}, 400),
        ({"type": "page_id"}, 400),
        ({"database_id": NOWHERE}, 400),
    ],
)
async def test_a_page_moves_to_what_can_hold_it(notion: Notion, parent: Json, status: int) -> None:
    page = await notion.named("1")
    assert (await notion.send("POST", f"/v1/pages/{page['id']}/move", {"parent": parent})).status_code == status
    assert await notion.names() == ["1"]


async def test_a_page_moves_neither_into_itself_nor_out_of_the_trash(notion: Notion) -> None:
    above = await under(notion, HOME_PAGE_ID, "Above")
    below = await under(notion, above, "Below")
    for parent in (above, below):
        refused = await notion.send("POST", f"/v1/pages/{above}/move", {"parent": {"page_id": parent}})
        assert refused.status_code == 400
    await notion.ok("PATCH", f"/v1/pages/{below}", {"in_trash": True})
    for body in ({"parent": {"page_id": HOME_PAGE_ID}}, {"parent": {"page_id": HOME_PAGE_ID}, "after": below}, {}):
        assert (await notion.send("POST", f"/v1/pages/{below}/move", body)).status_code == 400
    assert (
        await notion.send("POST", f"/v1/pages/{HOME_PAGE_ID}/move", {"parent": {"page_id": below}})
    ).status_code == 400
