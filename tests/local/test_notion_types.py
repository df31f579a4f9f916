from __future__ import annotations

from typing import Any

import pytest

from local.notion import ORDERS_DATA_SOURCE_ID
from tests.local.conftest import NEWEST, Notion
from tests.local.notion_schema.check import Exchange, TypeMismatch, check, expanded, hold

Json = dict[str, Any]

GONE = object()
PARENT = {"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID}


def creation(**properties: Any) -> Json:
    return {"parent": PARENT, "properties": properties}


def test_the_types_accept_a_right_request() -> None:
    hold("CreatePageRequest", creation(Name={"title": [{"text": {"content": "1"}}]}, Total={"number": 3}), NEWEST)


def test_the_shorthand_is_expanded_before_the_types_see_it() -> None:
    shorthand = creation(Name=[{"text": {"content": "1"}}])
    with pytest.raises(TypeMismatch):
        hold("CreatePageRequest", shorthand, NEWEST)
    hold("CreatePageRequest", expanded(shorthand, NEWEST), NEWEST)


@pytest.mark.parametrize(
    "properties",
    [
        {"Total": {"number": "3"}},
        {"Status": {"select": "Open"}},
        {"Name": {"words": [{"text": {"content": "1"}}]}},
        {"Currency": {"rich_text": "EUR"}},
        {"Name": 42},
        {"Summary": {"formula": {"string": "1"}}},
    ],
)
def test_the_types_refuse_a_wrong_request(properties: Json) -> None:
    with pytest.raises(TypeMismatch):
        hold("CreatePageRequest", creation(**properties), NEWEST)


def test_the_types_refuse_a_wrong_block_and_a_wrong_grant() -> None:
    with pytest.raises(TypeMismatch):
        hold("AppendBlocksRequest", {"block_id": "1", "children": [{"paragraph": {"text": "hello"}}]}, NEWEST)
    with pytest.raises(TypeMismatch):
        hold("OauthTokenRequest", {"grant_type": "password", "code": "1"}, NEWEST)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("id",), GONE),
        (("url",), GONE),
        (("in_trash",), GONE),
        (("request_id",), GONE),
        (("archived",), False),
        (("created_time",), 0),
        (("parent",), {"type": "data_source_id"}),
        (("colour",), "red"),
        (("properties", "Total", "id"), GONE),
        (("properties", "Total", "number"), "3"),
        (("properties", "Name", "title", 0, "annotations"), GONE),
    ],
)
async def test_the_types_refuse_a_mutilated_answer(notion: Notion, path: tuple[Any, ...], value: object) -> None:
    page: Any = await notion.named("1", Total={"number": 3})
    exchange = notion.transport.exchanges[-1]
    check(exchange)
    place = page
    for key in path[:-1]:
        place = place[key]
    if value is GONE:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    with pytest.raises(TypeMismatch):
        check(Exchange(exchange.method, exchange.path, NEWEST, exchange.sent, 200, page))


EVENT: Json = {
    **{"id": "1", "timestamp": "2026-11-22T10:05:00.000Z", "workspace_id": "2", "workspace_name": "Corner Shop"},
    **{"subscription_id": "3", "integration_id": "4", "type": "page.created", "attempt_number": 1},
    "authors": [{"id": "5", "type": "bot"}],
    "accessible_by": [{"id": "5", "type": "bot"}],
    "api_version": "2026-03-11",
    "entity": {"id": "6", "type": "page"},
    "data": {"parent": {"id": "7", "type": "database", "data_source_id": "8"}},
}


def test_the_types_accept_a_right_event() -> None:
    hold("WebhookEvent", EVENT, NEWEST)


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "page.painted"},
        {"entity": {"id": "6", "type": "database"}},
        {"authors": ["5"]},
        {"attempt_number": "1"},
        {"api_version": "2021-05-13"},
        {"data": {}},
        {"type": "page.properties_updated"},
    ],
)
def test_the_types_refuse_a_wrong_event(wrong: Json) -> None:
    with pytest.raises(TypeMismatch):
        hold("WebhookEvent", {**EVENT, **wrong}, NEWEST)


@pytest.mark.parametrize("version", ["2022-06-28", "2025-09-03", "2026-03-11"])
@pytest.mark.parametrize("key", ["id", "created_by", "expiry_time", "status", "content_length"])
async def test_the_types_refuse_a_mutilated_upload(notion: Notion, version: str, key: str) -> None:
    upload = await notion.ok("POST", "/v1/file_uploads", {"filename": "a.txt"}, version)
    exchange = notion.transport.exchanges[-1]
    check(exchange)
    del upload[key]
    with pytest.raises(TypeMismatch):
        check(Exchange("POST", "/v1/file_uploads", version, exchange.sent, 200, upload))


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("POST", "/v1/file_uploads", {"mode": "in_parts"}),
        ("POST", "/v1/pages/1/move", {"parent": {"workspace": True}}),
        ("PATCH", "/v1/comments/1", {"rich_text": "words"}),
    ],
)
async def test_the_types_refuse_a_wrong_request_that_was_accepted(
    notion: Notion, method: str, path: str, sent: Json
) -> None:
    with pytest.raises(TypeMismatch):
        check(Exchange(method, path, NEWEST, sent, 200, {}))


def test_the_types_refuse_an_error_that_is_not_in_notions_form() -> None:
    with pytest.raises(TypeMismatch):
        check(Exchange("GET", "/v1/users/me", NEWEST, None, 400, {"detail": "no"}))
