"""The payload with which a workflow is tried out."""

# The samples are of classes as authors write them.
# pyright: basic

from __future__ import annotations

import json
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field, TypeAdapter

from steps import Api, Workflow
from steps.payload import declared_type
from steps.sample import sample_text


class Colour(Enum):
    RED = "red"


class Line(BaseModel):
    title: str = Field(min_length=6, max_length=8)
    quantity: int = Field(ge=2)
    price: Decimal
    share: float = Field(lt=1, gt=0.2)


class Order(BaseModel):
    id: UUID
    day: date
    at: datetime
    kind: Literal["paid", "open"]
    colour: Colour
    lines: list[Line] = Field(min_length=1)
    pair: tuple[int, str]
    note: str | None = None
    currency: str = "EUR"
    city: Annotated[str, Field(examples=["Berlin"])]
    tags: dict[str, int] = {}
    paid: bool
    open: Annotated[int, Field(multiple_of=5)]


class Node(BaseModel):
    name: str
    children: list[Node]


class TakesOrder(Workflow):
    async def start(self, data: Order, headers, api: Api): ...


class TakesLines(Workflow):
    async def start(self, data: list[Line], headers, api: Api): ...


class TakesTree(Workflow):
    async def start(self, data: Node, headers, api: Api): ...


class TakesNothing(Workflow):
    async def start(self, data, headers, api: Api): ...


class ReadsFields(Workflow):
    async def start(self, data: Any, headers, api: Api):
        api.log(data["customer"]["email"], total=float(data["total"]), of=data.get("of", {})["it"])
        if data["customer"]:
            return headers["x"], data[api.run.step]


@pytest.mark.parametrize("cls", [TakesOrder, TakesLines, TakesTree], ids=lambda cls: cls.__name__)
def test_a_sample_is_what_start_takes(cls: Any):
    TypeAdapter(declared_type(cls.start)).validate_json(sample_text(cls))


def test_a_sample_shows_defaults_and_examples():
    sample = json.loads(sample_text(TakesOrder))
    assert (sample["currency"], sample["city"], sample["kind"]) == ("EUR", "Berlin", "paid")


@pytest.mark.parametrize(
    ("cls", "sample"),
    [
        (TakesNothing, {}),
        (ReadsFields, {"customer": {"email": "1"}, "total": "1", "of": {"it": "1"}}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_without_a_type_a_sample_has_the_fields_that_start_reads(cls: type[Workflow], sample: dict[str, Any]):
    assert json.loads(sample_text(cls)) == sample
