from __future__ import annotations

import re
from typing import Any

import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID
from tests.local.conftest import Notion

Json = dict[str, Any]


def text(content: str) -> list[Json]:
    return [{"text": {"content": content}}]


async def test_a_row_holds_what_was_written_and_what_notion_adds(notion: Notion) -> None:
    page = await notion.named(
        "1001",
        Total={"number": 12.5},
        Currency={"rich_text": text("EUR")},
        Placed={"date": {"start": "2026-11-22"}},
        Status={"status": {"name": "Paid"}},
        Tags={"multi_select": [{"name": "gift"}, {"name": "new"}]},
        Email={"email": "ada@example.com"},
        Paid={"checkbox": True},
        **{"Order URL": {"url": "https://shop.test/1001"}},
    )
    seen = await notion.ok("GET", f"/v1/pages/{page['id']}")
    properties = seen["properties"]
    assert properties["Total"]["number"] == 12.5
    assert properties["Currency"]["rich_text"][0]["plain_text"] == "EUR"
    assert properties["Placed"]["date"] == {"start": "2026-11-22", "end": None, "time_zone": None}
    assert properties["Status"]["status"]["name"] == "Paid"
    assert [option["name"] for option in properties["Tags"]["multi_select"]] == ["gift", "new"]
    assert properties["Paid"]["checkbox"] is True
    assert properties["Summary"]["formula"] == {"type": "string", "string": "1001: 12.5 EUR"}
    assert properties["Created"]["created_time"] == seen["created_time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z", seen["created_time"])
    assert seen["created_by"]["id"] == (await notion.ok("GET", "/v1/users/me"))["id"]


@pytest.mark.parametrize("wrong", [{"icon": {"emoji": ""}}, {"children": [{"poem": 1}]}])
async def test_a_write_refused_for_its_looks_makes_no_option(notion: Notion, wrong: Json) -> None:
    properties = {"Tags": {"multi_select": [{"name": "fragile"}]}}
    body = {"parent": {"data_source_id": ORDERS_DATA_SOURCE_ID}, "properties": properties, **wrong}
    assert (await notion.send("POST", "/v1/pages", body)).status_code == 400
    source = await notion.ok("GET", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}")
    assert [each["name"] for each in source["properties"]["Tags"]["multi_select"]["options"]] == ["gift"]


async def test_a_refused_write_changes_nothing(notion: Notion) -> None:
    parent = {"data_source_id": ORDERS_DATA_SOURCE_ID}
    properties = {"Tags": {"multi_select": [{"name": "fragile"}]}, "Status": {"status": {"name": "Lost"}}}
    response = await notion.send("POST", "/v1/pages", {"parent": parent, "properties": properties})
    assert response.status_code == 400
    assert await notion.names() == []
    source = await notion.ok("GET", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}")
    assert [each["name"] for each in source["properties"]["Tags"]["multi_select"]["options"]] == ["gift"]


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ({"start": "2026-11-22T10:00:00Z"}, "2026-11-22T10:00:00.000+00:00"),
        ({"start": "2026-11-22T10:00:00+02:00"}, "2026-11-22T10:00:00.000+02:00"),
        ({"start": "2026-11-22T10:00:00", "time_zone": "Europe/Berlin"}, "2026-11-22T10:00:00.000+01:00"),
    ],
)
async def test_a_time_is_answered_with_its_offset(notion: Notion, given: Json, answered: str) -> None:
    page = await notion.named("1", Placed={"date": given})
    assert page["properties"]["Placed"]["date"]["start"] == answered


async def test_an_update_changes_what_it_names_alone(notion: Notion) -> None:
    page = await notion.named("1", Total={"number": 3}, Email={"email": "ada@example.com"})
    body = {"properties": {"Total": {"number": None}}, "icon": {"type": "emoji", "emoji": "📦"}}
    updated = await notion.ok("PATCH", f"/v1/pages/{page['id']}", body)
    assert updated["properties"]["Total"]["number"] is None
    assert updated["properties"]["Email"]["email"] == "ada@example.com"
    assert updated["icon"] == {"type": "emoji", "emoji": "📦"}
    assert updated["last_edited_time"] >= page["last_edited_time"]


async def test_a_page_goes_to_the_trash_and_comes_back(notion: Notion) -> None:
    page = await notion.named("1")
    path = f"/v1/pages/{page['id']}"
    assert (await notion.ok("PATCH", path, {"in_trash": True}))["in_trash"] is True
    assert await notion.names() == []
    assert await notion.names(in_trash=True) == ["1"]
    refused = await notion.send("PATCH", path, {"properties": {"Total": {"number": 1}}})
    assert refused.status_code == 400
    assert "archived" in refused.json()["message"]
    await notion.ok("PATCH", path, {"in_trash": False})
    assert await notion.names() == ["1"]


async def test_a_page_under_a_page_has_a_title_and_children(notion: Notion) -> None:
    paragraph = {"object": "block", "type": "paragraph", "paragraph": {"rich_text": text("Hello")}}
    page = await notion.ok(
        "POST",
        "/v1/pages",
        {
            "parent": {"page_id": HOME_PAGE_ID},
            "properties": {"title": {"title": text("Notes")}},
            "children": [paragraph],
        },
    )
    assert page["parent"] == {"type": "page_id", "page_id": HOME_PAGE_ID}
    children = await notion.ok("GET", f"/v1/blocks/{page['id']}/children")
    assert children["results"][0]["paragraph"]["rich_text"][0]["plain_text"] == "Hello"
    home = await notion.ok("GET", f"/v1/blocks/{HOME_PAGE_ID}/children")
    assert home["results"][0]["child_page"] == {"title": "Notes"}
    assert (await notion.ok("GET", f"/v1/blocks/{page['id']}"))["type"] == "child_page"


async def test_an_answer_can_be_limited_to_some_properties(notion: Notion) -> None:
    page = await notion.named("1", Total={"number": 3})
    chosen = f"?filter_properties=title&filter_properties={page['properties']['Total']['id']}"
    seen = await notion.ok("GET", f"/v1/pages/{page['id']}{chosen}")
    assert set(seen["properties"]) == {"Name", "Total"}
    found = await notion.ok("POST", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}/query{chosen}", {})
    assert set(found["results"][0]["properties"]) == {"Name", "Total"}


async def test_a_database_in_the_trash_takes_no_rows(notion: Notion) -> None:
    await notion.ok("PATCH", f"/v1/databases/{ORDERS_DATABASE_ID}", {"in_trash": True})
    body = {"parent": {"data_source_id": ORDERS_DATA_SOURCE_ID}, "properties": {"Name": {"title": text("1")}}}
    assert (await notion.send("POST", "/v1/pages", body)).status_code == 400
