from __future__ import annotations

from typing import Any

import httpx
import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID
from tests.local.conftest import NEWEST, Notion

Json = dict[str, Any]

NOWHERE = "11111111-2222-4333-8444-555555555555"
SOURCE = {"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID}
NAME: Json = {"title": [{"text": {"content": "1"}}]}


def text(content: str) -> list[Json]:
    return [{"text": {"content": content}}]


PROPERTIES: list[tuple[Json, str]] = [
    ({"Colour": {"number": 1}}, "Colour is not a property that exists."),
    ({"Colour": {"number": 1}, "Size": {"number": 1}}, "Colour is not a property that exists. Size is not a property"),
    ({"Total": {"rich_text": text("3")}}, "Total is expected to be number."),
    ({"Name": {"rich_text": text("1")}}, "Name is expected to be title."),
    ({"Currency": {"select": {"name": "EUR"}}}, "Currency is expected to be rich_text."),
    ({"Created": {"date": {"start": "2026-11-22"}}}, "Created is expected to be created_time."),
    ({"Summary": {"rich_text": text("1")}}, "Summary is expected to be formula."),
    ({"Summary": {"formula": {"string": "1"}}}, "body.properties.Summary.formula should be not present"),
    ({"Created": {"created_time": "2026-11-22"}}, "body.properties.Created.created_time should be not present"),
    ({"Total": {"number": "3"}}, 'body.properties.Total.number should be a number or `null`, instead was `"3"`.'),
    ({"Total": {"number": True}}, "body.properties.Total.number should be a number or `null`, instead was `true`."),
    ({"Total": 3}, "body.properties.Total should be an object, instead was `3`."),
    ({"Total": None}, "body.properties.Total should be an object, instead was `null`."),
    ({"Total": [3]}, "body.properties.Total should be an object"),
    ({"Total": {}}, "body.properties.Total.title should be defined"),
    ({"Total": {"type": "number"}}, "body.properties.Total.number should be defined"),
    ({"Total": {"type": "email", "number": 3}}, "body.properties.Total.type should be"),
    ({"Total": {"number": 3, "email": "a"}}, "should be not present"),
    ({"Total": {"number": 3, "unit": "kg"}}, "body.properties.Total.unit should be not present"),
    ({"Paid": {"checkbox": "yes"}}, "body.properties.Paid.checkbox should be a boolean"),
    ({"Paid": {"checkbox": None}}, "body.properties.Paid.checkbox should be a boolean"),
    ({"Status": {"status": {"name": "Lost"}}}, 'Invalid status option. Status option "Lost" does not exist'),
    ({"Status": {"status": "Open"}}, "body.properties.Status.status should be an object"),
    ({"Tags": {"multi_select": [{"name": "a,b"}]}}, "Invalid select option, commas not allowed: a,b"),
    ({"Tags": {"multi_select": [{"id": NOWHERE}]}}, f"Tags has no option with ID {NOWHERE}."),
    ({"Tags": {"multi_select": [{"name": str(n)} for n in range(101)]}}, ".length should be ≤ `100`"),
    ({"Placed": {"date": {"start": "soon"}}}, "should be a valid ISO 8601 date string"),
    ({"Placed": {"date": {"end": "2026-11-22"}}}, "body.properties.Placed.date.start should be defined"),
    ({"Placed": {"date": {"start": "2026-11-22", "time_zone": "Mars"}}}, "should be a valid time zone"),
    ({"Email": {"email": "a" * 201}}, ".length should be ≤ `200`, instead was `201`"),
    ({"Phone": {"phone_number": "1" * 201}}, ".length should be ≤ `200`, instead was `201`"),
    ({"Parts": {"relation": [{"id": NOWHERE}] * 101}}, ".length should be ≤ `100`"),
    ({"Packers": {"people": [{"id": NOWHERE}] * 101}}, ".length should be ≤ `100`"),
    ({"Label": {"files": [{"name": "x", "external": {"url": "h" * 2001}}]}}, ".length should be ≤ `2000`"),
    ({"Name": {"title": [{"text": {"content": "a", "link": {"url": "h" * 2001}}}]}}, ".length should be ≤ `2000`"),
    ({"Email": {"email": 1}}, "body.properties.Email.email should be a string"),
    ({"Order URL": {"url": "h" * 2001}}, ".length should be ≤ `2000`"),
    ({"Name": {"title": "1"}}, "body.properties.Name.title should be an array"),
    ({"Name": {"title": text("a" * 2001)}}, "text.content.length should be ≤ `2000`, instead was `2001`"),
    ({"Name": {"title": text("😀" * 1001)}}, "text.content.length should be ≤ `2000`, instead was `2002`"),
    ({"Name": {"title": text("a") * 101}}, "body.properties.Name.title.length should be ≤ `100`"),
    ({"Name": {"title": [{"text": {"content": 1}}]}}, "text.content should be a string"),
    ({"Name": {"title": [{"text": {}}]}}, "body.properties.Name.title[0].text.content should be defined"),
    ({"Name": {"title": [{"words": "a"}]}}, "body.properties.Name.title[0].words should be not present"),
    ({"Name": {"title": [{"text": {"content": "a", "link": {"url": ""}}}]}}, "Invalid URL for link."),
    ({"Name": {"title": [{"text": {"content": "a"}, "annotations": {"color": "mauve"}}]}}, "annotations.color"),
    ({"Name": {"title": [{"equation": {"expression": "a" * 1001}}]}}, ".length should be ≤ `1000`"),
]

BODIES: list[tuple[Json, str]] = [
    ({}, "body.parent should be defined, instead was `undefined`."),
    ({"parent": SOURCE, "properties": {"Name": NAME}, "colour": 1}, "body.colour should be not present"),
    ({"parent": SOURCE, "properties": []}, "body.properties should be an object"),
    ({"parent": {"data_source_id": "orders"}}, "body.parent.data_source_id should be a valid uuid"),
    ({"parent": {"type": "page_id", "data_source_id": NOWHERE}}, "body.parent.page_id should be defined"),
    ({"parent": {"folder_id": NOWHERE}}, "body.parent.folder_id should be not present"),
    ({"parent": {"database_id": ORDERS_DATABASE_ID}}, "body.parent.data_source_id should be defined"),
    ({"parent": {"page_id": HOME_PAGE_ID}, "properties": {"Total": {"number": 1}}}, "Total is not a property"),
    ({"parent": {"page_id": ORDERS_DATABASE_ID}}, "is a database, not a page"),
    ({"parent": SOURCE, "children": [{"paragraph": {}}]}, "body.children[0].paragraph.rich_text should be defined"),
    ({"parent": SOURCE, "children": [{"poem": {}}]}, "body.children[0].paragraph should be defined"),
    ({"parent": SOURCE, "children": [{"divider": {}}] * 101}, "body.children.length should be ≤ `100`"),
    ({"parent": SOURCE, "children": [{"code": {"rich_text": []}}]}, "code.language should be defined"),
    ({"parent": SOURCE, "children": [{"bookmark": {"url": "h" * 2001}}]}, ".length should be ≤ `2000`"),
    ({"parent": SOURCE, "children": [{"equation": {"expression": "a" * 1001}}]}, ".length should be ≤ `1000`"),
    ({"parent": SOURCE, "children": [{"quote": {"rich_text": text("a") * 101}}]}, ".length should be ≤ `100`"),
    ({"parent": SOURCE, "icon": {"emoji": ""}}, "body.icon.emoji should be a non-empty string"),
]


async def refused(response: httpx.Response, status: int, code: str) -> str:
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), response.text
    assert body["object"] == "error"
    assert response.headers["x-notion-request-id"] == body["request_id"]
    return body["message"]


COLUMNS: Json = {
    "Phone": {"phone_number": {}},
    "Parts": {"relation": {"data_source_id": ORDERS_DATA_SOURCE_ID, "single_property": {}}},
    "Packers": {"people": {}},
    "Label": {"files": {}},
}


@pytest.mark.parametrize(("properties", "message"), PROPERTIES)
async def test_a_wrong_property_is_refused(notion: Notion, properties: Json, message: str) -> None:
    await notion.ok("PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", {"properties": COLUMNS})
    created = await notion.send("POST", "/v1/pages", {"parent": SOURCE, "properties": properties})
    assert message in await refused(created, 400, "validation_error")
    page = await notion.named("right")
    updated = await notion.send("PATCH", f"/v1/pages/{page['id']}", {"properties": properties})
    assert message in await refused(updated, 400, "validation_error")
    assert await notion.names() == ["right"]


@pytest.mark.parametrize(("body", "message"), BODIES)
async def test_a_wrong_body_is_refused(notion: Notion, body: Json, message: str) -> None:
    response = await notion.send("POST", "/v1/pages", body)
    assert message in await refused(response, 400, "validation_error")
    assert await notion.names() == []


@pytest.mark.parametrize("authorization", [None, "", "Bearer ", "Bearer ntn_unknown", "Basic abc", "ntn_unknown"])
async def test_a_bad_token_is_refused(notion: Notion, authorization: str | None) -> None:
    headers = {"Notion-Version": NEWEST, **({} if authorization is None else {"Authorization": authorization})}
    response = await notion.http.get("/v1/users/me", headers=headers)
    assert await refused(response, 401, "unauthorized") == "API token is invalid."


@pytest.mark.parametrize(
    ("version", "message"),
    [
        (None, "Notion-Version header should be defined, instead was `undefined`."),
        ("2026-04-01", 'or `"2026-03-11"`, instead was `"2026-04-01"`.'),
        ("latest", 'instead was `"latest"`.'),
        ("2021-05-13", "the stand-in speaks no older version"),
    ],
)
async def test_a_missing_or_unknown_version_is_refused(notion: Notion, version: str | None, message: str) -> None:
    headers = {"Authorization": f"Bearer {notion.token}", **({"Notion-Version": version} if version else {})}
    response = await notion.http.get("/v1/users/me", headers=headers)
    assert message in await refused(response, 400, "missing_version")


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("GET", f"/v1/pages/{NOWHERE}", None, "page"),
        ("PATCH", f"/v1/pages/{NOWHERE}", {}, "page"),
        ("GET", f"/v1/databases/{NOWHERE}", None, "database"),
        ("GET", f"/v1/data_sources/{NOWHERE}", None, "data_source"),
        ("POST", f"/v1/data_sources/{NOWHERE}/query", {}, "data_source"),
        ("GET", f"/v1/blocks/{NOWHERE}/children", None, "block"),
        ("GET", f"/v1/users/{NOWHERE}", None, "user"),
        ("GET", f"/v1/comments?block_id={NOWHERE}", None, "block"),
        ("POST", "/v1/pages", {"parent": {"page_id": NOWHERE}}, "page"),
    ],
)
async def test_what_does_not_exist_is_not_found(
    notion: Notion, method: str, path: str, body: Json | None, kind: str
) -> None:
    message = await refused(await notion.send(method, path, body), 404, "object_not_found")
    assert message.startswith(f"Could not find {kind} with ID: {NOWHERE}. Make sure the relevant pages")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/nothing"),
        ("DELETE", "/v1/pages"),
        ("PATCH", f"/v1/databases/{ORDERS_DATABASE_ID}/query"),
        ("GET", "/v1/pages/"),
    ],
)
async def test_an_unknown_path_is_refused(notion: Notion, method: str, path: str) -> None:
    response = await notion.send(method, path)
    assert await refused(response, 400, "invalid_request_url") == "Invalid request URL."


async def test_an_unknown_query_parameter_is_refused(notion: Notion) -> None:
    message = await refused(await notion.send("GET", "/v1/users?limit=5"), 400, "validation_error")
    assert message == 'query failed validation: query.limit should be not present, instead was `"5"`.'


async def test_the_local_endpoints_say_what_is_wrong(notion: Notion) -> None:
    wrong: list[tuple[str, Json]] = [("databases", {"name": "x"}), ("share", {"id": "x"}), ("faults", {})]
    for path, body in wrong:
        assert (await notion.http.post(f"/_local/{path}", json=body)).status_code == 400
    assert (await notion.http.get("/_local/nothing")).status_code == 404


async def test_an_id_has_to_be_one(notion: Notion) -> None:
    message = await refused(await notion.send("GET", "/v1/pages/home"), 400, "validation_error")
    assert message == 'path failed validation: path.page_id should be a valid uuid, instead was `"home"`.'


async def test_an_id_without_dashes_is_one(notion: Notion) -> None:
    assert (await notion.ok("GET", f"/v1/pages/{HOME_PAGE_ID.replace('-', '')}"))["id"] == HOME_PAGE_ID


@pytest.mark.parametrize("content", ["{", "", '{"parent": NaN}', "[1", "\xff"])
async def test_what_is_not_json_is_refused(notion: Notion, content: str) -> None:
    response = await raw(notion, content.encode("latin-1"))
    code = "invalid_json" if content else "validation_error"
    await refused(response, 400, code)


async def test_json_has_to_be_an_object_and_called_json(notion: Notion) -> None:
    assert "body should be an object" in await refused(await raw(notion, b"[]"), 400, "validation_error")
    response = await raw(notion, b"{}", "text/plain")
    assert "body should be an object" in await refused(response, 400, "validation_error")


async def test_a_body_over_the_limit_is_refused_by_the_parser(notion: Notion) -> None:
    response = await raw(notion, b'{"a": "' + b"a" * 500_000 + b'"}')
    assert response.status_code == 413
    body = response.json()
    assert body["isNotionError"] is False
    assert body["code"] == 413


async def test_a_request_holds_a_thousand_blocks_at_most(notion: Notion) -> None:
    item: Json = {"rich_text": text("a"), "children": [{"divider": {}}] * 10}
    response = await notion.send("PATCH", f"/v1/blocks/{HOME_PAGE_ID}/children", {"children": [{"toggle": item}] * 100})
    assert "1000" in await refused(response, 400, "validation_error")


async def test_blocks_nest_two_deep_at_most(notion: Notion) -> None:
    block: Json = {"toggle": {"rich_text": text("0")}}
    for _ in range(3):
        block = {"toggle": {"rich_text": text("0"), "children": [block]}}
    response = await notion.send("PATCH", f"/v1/blocks/{HOME_PAGE_ID}/children", {"children": [block]})
    assert "children should be not present" in await refused(response, 400, "validation_error")


async def raw(notion: Notion, content: bytes, kind: str = "application/json") -> httpx.Response:
    headers = {"Authorization": f"Bearer {notion.token}", "Notion-Version": NEWEST, "Content-Type": kind}
    return await notion.http.post("/v1/pages", content=content, headers=headers)
