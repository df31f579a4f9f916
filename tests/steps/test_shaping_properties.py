"""What holds for any value in Notion's shapes, held against the stand-in's own parser."""

from __future__ import annotations

import json
from datetime import timedelta, timezone
from decimal import Decimal
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from local.notion import filters, values
from steps import DateRange, File, Person, Place, RecordInvalid, Relation
from steps.notion.filters import OPERATORS, filter_of
from steps.notion.out import plain_value, plain_values
from steps.notion.schema import read_schema
from steps.notion.shaping import COMPUTED, shape
from steps.notion.texts import MAX_PIECE, split, units
from steps.notion.values import to_crossing
from tests.steps.every_type import CALL, OPTIONS, PERSON, SCHEMA, SOURCE, TYPES, accepted, shaped

DEEP = ("title", "rich_text", "select", "status", "multi_select", "date", "people", "relation", "files")
TEXT = st.one_of(st.text(max_size=30), st.sampled_from([*OPTIONS, "12.50", "2026-01-01", "https://a.test/b", PERSON]))
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT | st.datetimes() | st.dates() | st.decimals()
TAGGED = (
    st.builds(Person, TEXT)
    | st.lists(TEXT, max_size=3).map(lambda ids: Relation(*ids))
    | st.builds(File, st.none() | TEXT, st.none() | TEXT, st.none() | TEXT)
    | st.builds(DateRange, TEXT | st.dates() | st.datetimes(), st.none() | TEXT | st.dates(), st.none() | TEXT)
    | st.builds(Place, st.floats(), st.floats())
    | st.datetimes(timezones=st.just(timezone(timedelta(hours=14))))
)
KEY = st.sampled_from(["$person", "$relation", "$file", "$range", "$place", "id", "name", "type", *TYPES]) | TEXT
ANY = st.recursive(
    LEAF | TAGGED, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=3), max_leaves=8
)


@given(kind=st.sampled_from(TYPES), value=ANY)
@example(kind="title", value="😀" * 2_001)
@example(kind="url", value={"url": "x" * 2_001})
@example(kind="files", value="https://a.test/" + "%F0%9F%98%80" * 100)
def test_any_value_becomes_a_body_that_notion_takes_or_a_mismatch(kind: str, value: Any):
    # What stands deep in Notion's own shape is Notion's to check.
    assume(not (isinstance(value, dict) and kind in value and kind in DEEP))
    try:
        body = shape(SCHEMA, json.loads(json.dumps(to_crossing({kind: value}))))
    except RecordInvalid:
        return
    assert kind not in COMPUTED
    with accepted():
        values.parse(CALL, SOURCE, json.loads(json.dumps(body)))


OPERATOR = st.sampled_from(sorted({name for names in OPERATORS.values() for name in names}))


@given(kind=st.sampled_from(TYPES), value=ANY | st.dictionaries(OPERATOR, LEAF | TAGGED, max_size=2))
def test_any_condition_becomes_a_filter_that_notion_takes_or_a_mismatch(kind: str, value: Any):
    assume(kind != "formula")  # what it compares with is in no schema
    try:
        test = filter_of(SCHEMA, json.loads(json.dumps(to_crossing({kind: value}))))
    except RecordInvalid:
        return
    assert test is not None
    filters.parse(CALL, SOURCE, test)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]) | st.just("😀"), max_size=50), st.integers(1, 200))
def test_a_text_is_split_without_loss_and_within_the_limits(text: str, times: int):
    whole = text * times
    pieces = split(whole)
    assert "".join(pieces) == whole
    assert all(0 < units(piece) <= MAX_PIECE for piece in pieces)
    assert all(len(piece.encode("utf-16-le")) // 2 == units(piece) for piece in pieces)
    assert all(units(piece) >= MAX_PIECE - 1 for piece in pieces[:-1])


@given(st.text(max_size=3_000).filter(lambda text: text.isprintable()))
def test_any_text_comes_back_as_it_was(text: str):
    assert plain_value(shape(SCHEMA, {"rich_text": text})["rich_text"]) == text


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.decimals(allow_nan=False, places=2))
def test_any_number_comes_back_as_it_was_or_is_refused(number: Any):
    try:
        found = shaped("number", number)
    except RecordInvalid:
        assert Decimal(number) != Decimal(repr(float(number))) or abs(number) > 2**53
    else:
        assert Decimal(repr(found)) == (Decimal(repr(number)) if isinstance(number, float) else Decimal(number))


@given(ANY)
def test_any_answer_can_be_read(answer: Any):
    plain_values({"properties": {"x": answer}})
    read_schema({"properties": {"x": answer}, "title": answer})
