from __future__ import annotations

import re
from typing import Any

from local.notion import ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID
from tests.local.conftest import Notion

Json = dict[str, Any]


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
        assert response.json()["message"].endswith('are shared with your integration "Durable Steps".')
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


async def test_the_times_of_a_database_alone_are_exact(notion: Notion) -> None:
    exact = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"
    rounded = r"\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z"
    database, source = f"/v1/databases/{ORDERS_DATABASE_ID}", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}"
    for key in ("created_time", "last_edited_time"):
        assert re.fullmatch(exact, (await notion.ok("GET", database))[key])
        assert re.fullmatch(rounded, (await notion.ok("GET", source))[key])
        assert re.fullmatch(rounded, (await notion.ok("GET", database, None, "2022-06-28"))[key])


async def test_a_data_source_lists_its_templates(notion: Notion) -> None:
    path = f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}/templates"
    listed = await notion.ok("GET", f"{path}?name=new&page_size=5")
    assert listed == {"templates": [], "has_more": False, "next_cursor": None}
    assert (await notion.send("GET", f"{path}?start_cursor=x")).status_code == 400
    assert (await notion.send("GET", path, None, "2022-06-28")).json()["code"] == "invalid_request_url"


async def test_the_address_of_a_page_ends_in_its_title_and_id(notion: Notion) -> None:
    page = await notion.named("Order #7, Ada")
    assert page["url"] == f"https://app.notion.com/p/Order-7-Ada-{page['id'].replace('-', '')}"
