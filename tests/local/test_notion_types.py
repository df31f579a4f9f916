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


def test_the_types_refuse_an_error_that_is_not_in_notions_form() -> None:
    with pytest.raises(TypeMismatch):
        check(Exchange("GET", "/v1/users/me", NEWEST, None, 400, {"detail": "no"}))
