from __future__ import annotations

from typing import Any

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID
from tests.local.conftest import Notion

Json = dict[str, Any]


def text(content: str) -> list[Json]:
    return [{"text": {"content": content}}]


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
