from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from steps.errors import DefinitionInvalid, PayloadInvalid, PayloadTooLarge
from steps.payload import check, declared_type, to_json
from steps.sealed import make_reference


class Order(BaseModel):
    name: str
    total: Decimal = Decimal(0)
    ship_to: str = Field(default="", alias="shipTo")


@dataclass
class Point:
    x: int


class Colour(Enum):
    RED = "red"


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


JSON_FORMS: list[tuple[Any, Any]] = [
    (None, None), (True, True), (0, 0), (1.5, 1.5), ("é", "é"), ([1, "a"], [1, "a"]),
    ({"a": {"b": []}}, {"a": {"b": []}}), ((1, 2), [1, 2]), ({3}, [3]), (10**30, 10**30), ({1: "one"}, {"1": "one"}),
    (b"text", "text"), (Decimal("1.10"), "1.10"), (date(2026, 1, 2), "2026-01-02"), (Colour.RED, "red"),
    (Point(1), {"x": 1}),
    (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00Z"),
    (UUID("00000000-0000-4000-8000-000000000001"), "00000000-0000-4000-8000-000000000001"),
    (Order(name="1001", shipTo="Berlin"), {"name": "1001", "total": "0", "shipTo": "Berlin"}),
    (make_reference("connection", "n", "p" * 43), "sealed:connection:n:" + "p" * 43),
]  # fmt: skip


@pytest.mark.parametrize(("value", "plain"), JSON_FORMS, ids=lambda value: repr(value)[:40])
def test_a_payload_becomes_plain_json(value: Any, plain: Any):
    assert to_json(value, "It") == (plain, len(json.dumps(plain, ensure_ascii=False, separators=(",", ":")).encode()))


@pytest.mark.parametrize(
    "value",
    [
        object(),
        {"deep": [object()]},
        float("nan"),
        float("inf"),
        {"a": -float("inf")},
        b"\xff",
        "\ud83d",
        CIRCLE,
        nested(100_000),
    ],
    ids=["object", "nested", "nan", "inf", "-inf", "bytes", "surrogate", "circle", "deep"],
)
def test_what_has_no_json_form_is_refused_by_name(value: Any):
    with pytest.raises(PayloadInvalid, match=r"^The payload for ship is not JSON: .*Use numbers, texts"):
        to_json(value, "The payload for ship")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_any_json_value_is_itself(value: Any):
    assert to_json(value, "It")[0] == value


@pytest.mark.parametrize("character", ["x", "é", "漢", "😀"])
def test_the_limit_is_in_bytes_not_in_characters(character: str):
    fits = (100 - 2) // len(character.encode())
    assert to_json(character * fits, "It", limit=100)[1] <= 100
    with pytest.raises(PayloadTooLarge, match=r"^It has \d+ bytes; the limit is 100\."):
        to_json(character * (fits + 1), "It", limit=100)


class Flow:
    """Steps in every form that an author may declare."""

    async def plain(self, data, headers, api): ...  # pyright: ignore  # as authors write it

    async def anything(self, data: Any, headers: Any, api: Any): ...

    async def order(self, data: Order, headers: Any, api: Any): ...

    async def maybe(self, data: Order | None, headers: Any, api: Any): ...

    async def orders(self, order: list[Order], headers: Any, api: Any): ...

    async def number(self, data: int, headers: NotThere, api: NotThere): ...  # noqa: F821  # pyright: ignore  # as a mistake

    async def lost(self, data: NotThere, headers: Any, api: Any): ...  # noqa: F821  # pyright: ignore  # the same


@pytest.mark.parametrize(
    ("step", "payload", "arrives"),
    [
        ("plain", {"a": 1}, {"a": 1}),
        ("anything", [1], [1]),
        ("order", {"name": "1", "total": "2.50"}, Order(name="1", total=Decimal("2.50"))),
        ("maybe", None, None),
        ("orders", [{"name": "1"}], [Order(name="1")]),
        ("number", "7", 7),
    ],
)
def test_a_payload_arrives_as_what_the_step_declares(step: str, payload: Any, arrives: Any):
    assert check(Flow, step, payload) == arrives


@pytest.mark.parametrize(
    ("step", "payload", "says"),
    [
        (
            "order",
            {"total": "many"},
            ["field `name`: Field required", "field `total`: Input should be a valid decimal"],
        ),
        ("order", None, ["Flow.order is not what it declares: Input should be a valid dictionary"]),
        ("orders", [{"name": "1"}, {}], ["field `1.name`: Field required"]),
        ("number", "seven", ["Input should be a valid integer"]),
    ],
)
def test_a_wrong_payload_names_each_field_and_not_its_value(step: str, payload: Any, says: list[str]):
    with pytest.raises(PayloadInvalid) as caught:
        check(Flow, step, payload)
    for text in says:
        assert text in str(caught.value)
    assert "many" not in str(caught.value)
    assert "seven" not in str(caught.value)


def test_a_type_that_cannot_be_found_is_the_definitions_fault():
    with pytest.raises(DefinitionInvalid, match=r"Flow.lost: the type of `data` cannot be read: name 'NotThere'"):
        declared_type(getattr(Flow, "lost"))  # noqa: B009  # its type is unknown, on purpose
