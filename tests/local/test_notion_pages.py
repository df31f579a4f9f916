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


async def test_the_shorthand_is_accepted(notion: Notion) -> None:
    page = await notion.row(Name=text("1"), Currency=text("EUR"))
    assert page["properties"]["Name"]["title"][0]["plain_text"] == "1"
    assert page["properties"]["Currency"]["rich_text"][0]["plain_text"] == "EUR"


async def test_properties_can_be_named_by_id_encoded_or_not(notion: Notion) -> None:
    source = await notion.ok("GET", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}")
    id = source["properties"]["Total"]["id"]
    properties: Json = {"title": {"title": text("1")}, id: {"number": 5}}
    page = await notion.row("2026-03-11", **properties)
    assert page["properties"]["Total"]["number"] == 5


async def test_an_unknown_select_option_is_created_once(notion: Notion) -> None:
    first = await notion.named("1", Tags={"multi_select": [{"name": "fragile"}]})
    second = await notion.named("2", Tags={"multi_select": [{"name": "fragile"}]})
    tags = [page["properties"]["Tags"]["multi_select"][0]["id"] for page in (first, second)]
    assert tags[0] == tags[1]
    source = await notion.ok("GET", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}")
    assert [each["name"] for each in source["properties"]["Tags"]["multi_select"]["options"]] == ["gift", "fragile"]


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


async def test_a_long_property_is_read_page_by_page(notion: Notion) -> None:
    page = await notion.named("1", Currency={"rich_text": text("a") * 5})
    source = await notion.ok("GET", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}")
    path = f"/v1/pages/{page['id']}/properties/{source['properties']['Currency']['id']}"
    first = await notion.ok("GET", path + "?page_size=3")
    assert len(first["results"]) == 3
    assert first["property_item"]["next_url"].endswith(first["next_cursor"])
    second = await notion.ok("GET", f"{path}?page_size=3&start_cursor={first['next_cursor']}")
    assert len(second["results"]) == 2
    assert second["has_more"] is False
    total = source["properties"]["Total"]["id"]
    assert (await notion.ok("GET", f"/v1/pages/{page['id']}/properties/{total}"))["number"] is None


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


async def test_comments_are_made_and_listed(notion: Notion) -> None:
    page = await notion.named("1")
    body = {"parent": {"page_id": page["id"]}, "rich_text": text("Where is it?")}
    first = await notion.ok("POST", "/v1/comments", body)
    answer = {"discussion_id": first["discussion_id"], "rich_text": text("On its way")}
    await notion.ok("POST", "/v1/comments", answer)
    listed = await notion.ok("GET", f"/v1/comments?block_id={page['id']}")
    assert [each["rich_text"][0]["plain_text"] for each in listed["results"]] == ["Where is it?", "On its way"]
    assert (await notion.ok("GET", f"/v1/comments/{first['id']}"))["parent"]["page_id"] == page["id"]


async def test_search_finds_titles(notion: Notion) -> None:
    await notion.named("Order of Ada")
    found = await notion.ok("POST", "/v1/search", {"query": "ORDER"})
    assert [each["object"] for each in found["results"]] == ["page", "data_source"]
    only = {"query": "order", "filter": {"property": "object", "value": "data_source"}}
    assert [each["id"] for each in (await notion.ok("POST", "/v1/search", only))["results"]] == [ORDERS_DATA_SOURCE_ID]


async def test_people_and_bots_are_listed(notion: Notion) -> None:
    users = (await notion.ok("GET", "/v1/users"))["results"]
    assert [user["type"] for user in users] == ["person", "bot"]
    for user in users:
        assert (await notion.ok("GET", f"/v1/users/{user['id']}"))["id"] == user["id"]


async def test_what_is_taken_away_is_not_found(notion: Notion) -> None:
    page = await notion.named("1")
    await notion.http.post("/_local/unshare", json={"id": ORDERS_DATABASE_ID})
    for path in (f"/v1/pages/{page['id']}", f"/v1/databases/{ORDERS_DATABASE_ID}"):
        response = await notion.send("GET", path)
        assert response.status_code == 404
        assert response.json()["code"] == "object_not_found"
        assert "shared with your integration" in response.json()["message"]
        assert response.json()["additional_data"]["integration_id"]
    await notion.http.post("/_local/share", json={"id": ORDERS_DATABASE_ID})
    await notion.ok("GET", f"/v1/pages/{page['id']}")


async def test_the_local_list_shows_pages_simply(notion: Notion) -> None:
    page = await notion.named("1", Total={"number": 3}, Tags={"multi_select": [{"name": "gift"}]})
    await notion.named("2")
    listed = (await notion.http.get("/_local/pages")).json()
    assert [each["title"] for each in listed] == ["Home", "1", "2"]
    found = next(each for each in listed if each["id"] == page["id"])
    assert found["properties"]["Total"] == 3
    assert found["properties"]["Tags"] == ["gift"]
    assert found["parent"]["database_id"] == ORDERS_DATABASE_ID
    await notion.ok("PATCH", f"/v1/pages/{page['id']}", {"in_trash": True})
    assert [each["title"] for each in (await notion.http.get("/_local/pages")).json()] == ["Home", "2"]


async def test_people_relations_and_files_are_held(notion: Notion) -> None:
    target = await notion.named("1")
    person = next(u for u in (await notion.ok("GET", "/v1/users"))["results"] if u["type"] == "person")
    columns: Json = {
        "Packed by": {"people": {}},
        "Order": {"relation": {"data_source_id": ORDERS_DATA_SOURCE_ID, "single_property": {}}},
        "Label": {"files": {}},
        "Number": {"unique_id": {"prefix": "P"}},
        "Phone": {"phone_number": {}},
        "Size": {"select": {"options": [{"name": "S"}]}},
        "Name": {"title": {}},
    }
    parent = {"type": "page_id", "page_id": HOME_PAGE_ID}
    body = {"parent": parent, "title": text("Parcels"), "initial_data_source": {"properties": columns}}
    database = await notion.ok("POST", "/v1/databases", body)
    source = database["data_sources"][0]["id"]
    written = {
        "Name": {"title": text("P1")},
        "Packed by": {"people": [{"id": person["id"]}]},
        "Order": {"relation": [{"id": target["id"]}]},
        "Label": {"files": [{"name": "label", "external": {"url": "https://shop.test/label.pdf"}}]},
        "Phone": {"phone_number": "+49 1"},
        "Size": {"select": {"name": "XL"}},
    }
    page = await notion.ok("POST", "/v1/pages", {"parent": {"data_source_id": source}, "properties": written})
    assert page["properties"]["Number"]["unique_id"] == {"prefix": "P", "number": 1}
    assert page["properties"]["Order"]["relation"] == [{"id": target["id"]}]
    assert page["properties"]["Size"]["select"]["name"] == "XL"
    assert (await notion.ok("GET", f"/v1/data_sources/{source}"))["database_parent"] == parent


async def test_a_long_relation_is_shortened_on_the_page_and_whole_behind_its_property(notion: Notion) -> None:
    config: Json = {"relation": {"data_source_id": ORDERS_DATA_SOURCE_ID, "single_property": {}}}
    path = f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}"
    source = await notion.ok("PATCH", path, {"properties": {"Parts": config}})
    await notion.http.post("/_local/pages/30")
    parts = [{"id": row["id"]} for row in (await notion.query())["results"]]
    page = await notion.named("whole", Parts={"relation": parts})
    assert page["properties"]["Parts"]["relation"] == parts[:25]
    assert page["properties"]["Parts"]["has_more"] is True
    items = await notion.ok("GET", f"/v1/pages/{page['id']}/properties/{source['properties']['Parts']['id']}")
    assert [item["relation"] for item in items["results"]] == parts


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
