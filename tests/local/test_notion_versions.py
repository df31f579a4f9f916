from __future__ import annotations

from typing import Any

import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID
from tests.local.conftest import Notion

Json = dict[str, Any]

DATABASES, DATA_SOURCES, IN_TRASH = "2022-06-28", "2025-09-03", "2026-03-11"
EVERY = (DATABASES, DATA_SOURCES, IN_TRASH)
NAME = {"title": [{"text": {"content": "1"}}]}


@pytest.mark.parametrize("version", EVERY)
async def test_a_row_is_created_read_and_found_in_every_version(notion: Notion, version: str) -> None:
    page = await notion.row(version, Name=NAME)
    database_parent = {"type": "database_id", "database_id": ORDERS_DATABASE_ID}
    source_parent = {"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID}
    expected = database_parent if version == DATABASES else {**source_parent, "database_id": ORDERS_DATABASE_ID}
    assert page["parent"] == expected
    path = f"databases/{ORDERS_DATABASE_ID}" if version == DATABASES else f"data_sources/{ORDERS_DATA_SOURCE_ID}"
    found = await notion.ok("POST", f"/v1/{path}/query", {}, version)
    assert [row["id"] for row in found["results"]] == [page["id"]]
    assert found["type"] == ("page_or_database" if version == DATABASES else "page_or_data_source")
    assert found["request_id"]


@pytest.mark.parametrize(
    ("version", "flags"),
    [
        (DATABASES, {"archived"}),
        (DATA_SOURCES, {"archived", "in_trash", "is_archived", "is_locked"}),
        (IN_TRASH, {"in_trash", "is_archived", "is_locked"}),
    ],
)
async def test_each_version_has_its_flags(notion: Notion, version: str, flags: set[str]) -> None:
    page = await notion.row(version, Name=NAME)
    assert set(page) & {"archived", "in_trash", "is_archived", "is_locked"} == flags


@pytest.mark.parametrize(
    ("version", "flag"),
    [(DATABASES, "archived"), (DATA_SOURCES, "archived"), (DATA_SOURCES, "in_trash"), (IN_TRASH, "in_trash")],
)
async def test_each_version_trashes_a_page(notion: Notion, version: str, flag: str) -> None:
    page = await notion.row(version, Name=NAME)
    assert (await notion.ok("PATCH", f"/v1/pages/{page['id']}", {flag: True}, version))[flag] is True
    assert await notion.names() == []


async def test_the_newest_version_has_archived_no_more(notion: Notion) -> None:
    page = await notion.row(IN_TRASH, Name=NAME)
    response = await notion.send("PATCH", f"/v1/pages/{page['id']}", {"archived": True}, IN_TRASH)
    assert response.status_code == 400
    assert "body.archived should be not present" in response.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "versions"),
    [
        ("POST", f"/v1/databases/{ORDERS_DATABASE_ID}/query", (DATA_SOURCES, IN_TRASH)),
        ("GET", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", (DATABASES,)),
        ("PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", (DATABASES,)),
        ("POST", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}/query", (DATABASES,)),
        ("POST", "/v1/data_sources", (DATABASES,)),
    ],
)
async def test_the_paths_of_another_version_are_refused(
    notion: Notion, method: str, path: str, versions: tuple[str, ...]
) -> None:
    for version in versions:
        response = await notion.send(method, path, None if method == "GET" else {}, version)
        assert response.status_code == 400
        assert response.json()["code"] == "invalid_request_url"


async def test_the_schema_lives_in_the_database_or_in_the_data_source(notion: Notion) -> None:
    old = await notion.ok("GET", f"/v1/databases/{ORDERS_DATABASE_ID}", None, DATABASES)
    assert old["properties"]["Total"]["type"] == "number"
    assert "data_sources" not in old
    for version in (DATA_SOURCES, IN_TRASH):
        new = await notion.ok("GET", f"/v1/databases/{ORDERS_DATABASE_ID}", None, version)
        assert new["data_sources"] == [{"id": ORDERS_DATA_SOURCE_ID, "name": "Orders"}]
        assert "properties" not in new
        source = await notion.ok("GET", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", None, version)
        assert source["properties"].keys() == old["properties"].keys()


async def test_new_versions_want_a_data_source_as_parent(notion: Notion) -> None:
    body = {"parent": {"database_id": ORDERS_DATABASE_ID}, "properties": {"Name": NAME}}
    for version in (DATA_SOURCES, IN_TRASH):
        response = await notion.send("POST", "/v1/pages", body, version)
        assert response.status_code == 400
        assert "body.parent.data_source_id should be defined" in response.json()["message"]
    source = {"parent": {"data_source_id": ORDERS_DATA_SOURCE_ID}, "properties": {"Name": NAME}}
    await notion.ok("POST", "/v1/pages", source, DATABASES)


async def test_ids_of_databases_and_data_sources_are_not_interchangeable(notion: Notion) -> None:
    for path in (f"/v1/data_sources/{ORDERS_DATABASE_ID}", f"/v1/databases/{ORDERS_DATA_SOURCE_ID}"):
        response = await notion.send("GET", path)
        assert response.status_code == 404
        assert response.json()["code"] == "object_not_found"


async def test_the_old_version_refuses_several_data_sources_and_says_which(notion: Notion) -> None:
    seed: Json = {"title": "Stock", "properties": {"Name": {"title": {}}}, "data_sources": ["Berlin", "Paris"]}
    made = (await notion.http.post("/_local/databases", json=seed)).json()
    page = {"parent": {"database_id": made["id"]}, "properties": {"Name": NAME}}
    relation: Json = {"Stock": {"relation": {"database_id": made["id"], "single_property": {}}}}
    calls: list[tuple[str, str, Json | None]] = [
        ("GET", f"/v1/databases/{made['id']}", None),
        ("POST", f"/v1/databases/{made['id']}/query", {}),
        ("POST", "/v1/pages", page),
        ("PATCH", f"/v1/databases/{ORDERS_DATABASE_ID}", {"properties": relation}),
    ]
    for method, path, body in calls:
        response = await notion.send(method, path, body, DATABASES)
        assert response.status_code == 400
        assert response.json()["code"] == "validation_error"
        assert response.json()["additional_data"] == {
            "error_type": "multiple_data_sources_for_database",
            "database_id": made["id"],
            "child_data_source_ids": made["data_source_ids"],
            "minimum_api_version": "2025-09-03",
        }
    sources = (await notion.ok("GET", f"/v1/databases/{made['id']}"))["data_sources"]
    assert [source["name"] for source in sources] == ["Berlin", "Paris"]
    parent = {"type": "data_source_id", "data_source_id": sources[1]["id"]}
    await notion.ok("POST", "/v1/pages", {"parent": parent, "properties": {"Name": NAME}})


async def test_a_database_is_created_in_every_version(notion: Notion) -> None:
    columns: Json = {"Name": {"title": {}}, "State": {"status": {}}}
    head: Json = {"parent": {"type": "page_id", "page_id": HOME_PAGE_ID}, "title": [{"text": {"content": "New"}}]}
    old = await notion.ok("POST", "/v1/databases", {**head, "properties": columns}, DATABASES)
    assert old["properties"]["State"]["status"]["options"][0]["name"] == "Not started"
    for version in (DATA_SOURCES, IN_TRASH):
        body = {**head, "initial_data_source": {"properties": columns}}
        new = await notion.ok("POST", "/v1/databases", body, version)
        source = await notion.ok("GET", f"/v1/data_sources/{new['data_sources'][0]['id']}", None, version)
        assert set(source["properties"]) == {"Name", "State"}
        refused = await notion.send("POST", "/v1/databases", {**head, "properties": columns}, version)
        assert "body.properties should be not present" in refused.json()["message"]
    blocks = (await notion.ok("GET", f"/v1/blocks/{HOME_PAGE_ID}/children"))["results"]
    assert [block["child_database"]["title"] for block in blocks] == ["New", "New", "New"]


async def test_a_schema_changes_by_data_source_or_by_database(notion: Notion) -> None:
    page = await notion.row(IN_TRASH, Name=NAME, Total={"number": 3})
    change = {"Total": {"name": "Sum"}, "Email": None, "Weight": {"number": {"format": "number"}}}
    source = await notion.ok("PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", {"properties": change})
    assert {"Sum", "Weight"} <= set(source["properties"])
    assert not {"Total", "Email"} & set(source["properties"])
    assert (await notion.ok("GET", f"/v1/pages/{page['id']}"))["properties"]["Sum"]["number"] == 3
    body = {"properties": {"Sum": {"name": "Total"}}}
    old = await notion.ok("PATCH", f"/v1/databases/{ORDERS_DATABASE_ID}", body, DATABASES)
    assert "Total" in old["properties"]
    refused = await notion.send("PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", {"properties": {"Name": None}})
    assert refused.status_code == 400


async def test_a_data_source_is_added_to_a_database(notion: Notion) -> None:
    body: Json = {
        "parent": {"type": "database_id", "database_id": ORDERS_DATABASE_ID},
        "properties": {"Name": {"title": {}}},
        "title": [{"text": {"content": "Returns"}}],
    }
    source = await notion.ok("POST", "/v1/data_sources", body)
    assert source["parent"] == {"type": "database_id", "database_id": ORDERS_DATABASE_ID}
    old = await notion.send("GET", f"/v1/databases/{ORDERS_DATABASE_ID}", None, DATABASES)
    assert old.json()["additional_data"]["child_data_source_ids"] == [ORDERS_DATA_SOURCE_ID, source["id"]]
    await notion.ok("PATCH", f"/v1/data_sources/{source['id']}", {"in_trash": True})
    await notion.ok("GET", f"/v1/databases/{ORDERS_DATABASE_ID}", None, DATABASES)


@pytest.mark.parametrize(("version", "holder"), [(DATABASES, "database"), (DATA_SOURCES, "data_source")])
async def test_search_names_the_holder_of_rows_as_its_version_does(notion: Notion, version: str, holder: str) -> None:
    asked = {"filter": {"property": "object", "value": holder}}
    found = await notion.ok("POST", "/v1/search", asked, version)
    assert [each["object"] for each in found["results"]] == [holder]
    other = {"filter": {"property": "object", "value": "data_source" if holder == "database" else "database"}}
    assert (await notion.send("POST", "/v1/search", other, version)).status_code == 400


@pytest.mark.parametrize("version", EVERY)
async def test_blocks_are_appended_where_the_version_says(notion: Notion, version: str) -> None:
    path = f"/v1/blocks/{HOME_PAGE_ID}/children"
    first, _ = (await notion.ok("PATCH", path, {"children": [paragraph("1"), paragraph("3")]}, version))["results"]
    after = {"after": first["id"]}
    position = {"position": {"type": "after_block", "after_block": {"id": first["id"]}}}
    right, wrong = (position, after) if version == IN_TRASH else (after, position)
    await notion.ok("PATCH", path, {"children": [paragraph("2")], **right}, version)
    assert (await notion.send("PATCH", path, {"children": [paragraph("x")], **wrong}, version)).status_code == 400
    if version == IN_TRASH:
        await notion.ok("PATCH", path, {"children": [paragraph("0")], "position": {"type": "start"}})
    listed = (await notion.ok("GET", path, None, version))["results"]
    texts = [block["paragraph"]["rich_text"][0]["plain_text"] for block in listed]
    assert texts == (["0", "1", "2", "3"] if version == IN_TRASH else ["1", "2", "3"])


def paragraph(text: str) -> Json:
    return {"type": "paragraph", "paragraph": {"rich_text": [{"type": "text", "text": {"content": text}}]}}
