"""Values of records in Notion's shapes, held against the stand-in's own parser."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from local.notion import HOME_PAGE_ID, Workspace, filters, values
from local.notion import properties as stand_in_properties
from local.notion.call import Call
from local.notion.errors import NotionError
from local.notion.objects import DataSource
from local.notion.shapes import data_source
from local.notion.versions import Version
from steps import DateRange, File, Person, Place, RecordInvalid, Relation
from steps.notion.filters import OPERATORS, filter_of, sorts_of
from steps.notion.out import plain_value, plain_values
from steps.notion.schema import TITLE_ALONE, Property, Schema, read_schema
from steps.notion.shaping import COMPUTED, shape
from steps.notion.texts import MAX_PIECE, split, units
from steps.notion.values import to_crossing

WORKSPACE = Workspace()
TYPES = stand_in_properties.TYPES
OPTIONS = ["Open", "Paid", "In progress"]
PERSON = WORKSPACE.default_person.id
DEEP = ("title", "rich_text", "select", "status", "multi_select", "date", "people", "relation", "files")


def _source() -> DataSource:
    columns: dict[str, Any] = {kind: {kind: {}} for kind in TYPES}
    columns |= {kind: {kind: {"options": [{"name": name} for name in OPTIONS]}} for kind in stand_in_properties.OPTIONS}
    columns["formula"] = {"formula": {"expression": 'prop("title")'}}
    columns["relation"] = {"relation": {"data_source_id": HOME_PAGE_ID, "single_property": {}}}
    parsed = WORKSPACE.parse_columns(columns, "body")
    database = WORKSPACE.add_database(WORKSPACE.default_person, "All", {"All": parsed})
    return WORKSPACE.source_of(database)[0]


SOURCE = _source()
WORKSPACE.connect()
CALL = Call(WORKSPACE, WORKSPACE.bot(WORKSPACE.default_person), Version.IN_TRASH, {}, {}, {}, "")
SCHEMA = read_schema(data_source(WORKSPACE, SOURCE, Version.IN_TRASH))


@contextmanager
def accepted() -> Generator[None]:
    """The stand-in takes it; only that somebody or something is not there may be new to the author."""
    try:
        yield
    except NotionError as error:
        if "Could not find" not in error.message:
            raise


def shaped(kind: str, value: Any, schema: Schema = SCHEMA) -> Any:
    return shape(schema, to_crossing({kind: value}))[kind][kind]


def refusal(kind: str, value: Any, schema: Schema = SCHEMA) -> str:
    with pytest.raises(RecordInvalid) as caught:
        shaped(kind, value, schema)
    return str(caught.value).partition("\n- ")[2]


ZONE = ZoneInfo("Europe/Berlin")
NOON = datetime(2026, 11, 22, 12, tzinfo=ZONE)


class Color(Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("title", "#1", "#1"),
        ("rich_text", "a" * 4_001, "a" * 4_001),
        ("rich_text", "", ""),
        ("title", None, ""),
        ("rich_text", Decimal("1.50"), "1.50"),
        ("number", 3, 3),
        ("number", -0.25, -0.25),
        ("number", Decimal("12.50"), 12.5),
        ("number", " 12.50 ", 12.5),
        ("number", "7", 7),
        ("number", 2**53, 2**53),
        ("number", None, None),
        ("checkbox", True, True),
        ("url", "https://a.test/1", "https://a.test/1"),
        ("url", "", None),
        ("email", "a@example.com", "a@example.com"),
        ("phone_number", None, None),
        ("select", "New", "New"),
        ("select", Color.RED, "red"),
        ("status", "Paid", "Paid"),
        ("status", None, None),
        ("multi_select", ["b", "a"], ["b", "a"]),
        ("multi_select", {"b", "a"}, ["a", "b"]),
        ("multi_select", "one", ["one"]),
        ("multi_select", None, []),
        ("date", date(2026, 11, 22), "2026-11-22"),
        ("date", NOON, "2026-11-22T12:00:00+01:00"),
        ("date", "2026-11-22T12:00:00Z", "2026-11-22T12:00:00+00:00"),
        ("date", DateRange(date(2026, 1, 1)), "2026-01-01"),
        ("people", Person(PERSON), [PERSON]),
        ("people", [PERSON], [PERSON]),
        ("relation", Relation(HOME_PAGE_ID), [HOME_PAGE_ID]),
        ("relation", [HOME_PAGE_ID, Relation(HOME_PAGE_ID)], [HOME_PAGE_ID] * 2),
        ("relation", Relation(), []),
        ("files", "https://a.test/x/label.pdf", [{"name": "label.pdf", "url": "https://a.test/x/label.pdf"}]),
        ("files", [File("https://a.test", "L")], [{"name": "L", "url": "https://a.test"}]),
    ],
)
def test_what_goes_out_comes_back(kind: str, value: Any, wanted: Any):
    body = shape(SCHEMA, to_crossing({kind: value}))
    with accepted():
        values.parse(CALL, SOURCE, body)
    assert plain_value(body[kind]) == wanted


def test_a_range_with_a_time_zone_has_the_times_of_its_clocks():
    found = shaped("date", DateRange(NOON.astimezone(UTC), datetime(2026, 11, 22, 18), "Europe/Berlin"))
    assert found == {"start": "2026-11-22T12:00:00", "end": "2026-11-22T18:00:00", "time_zone": "Europe/Berlin"}


def test_places_and_verifications_are_written():
    schema = Schema("s", "S", {"p": Property("p", "place", "place"), "v": Property("v", "v", "verification")})
    body = shape(schema, to_crossing({"p": Place(52.5, 13.4, "Berlin"), "v": "verified"}))
    assert body["p"] == {"place": {"lat": 52.5, "lon": 13.4, "name": "Berlin"}}
    assert body["v"] == {"verification": {"state": "verified"}}


@pytest.mark.parametrize(
    ("kind", "value", "says"),
    [
        ("titel", "x", 'there is no such property. Did you mean "title"?'),
        ("nothing like it", "x", "there is no such property; there are: title"),
        ("title", 1001, "1001 is not a text; write str(...) of another value."),
        ("rich_text", "x" * 200_001, "a text of 200,001 characters is over Notion's limit of 200,000"),
        ("number", "12,50", '"12,50" is no number: write it with a dot'),
        ("number", "1.234,50", "write it with a dot and without separators"),
        ("number", "many", '"many" is no number.'),
        ("number", True, "true is no number"),
        ("number", float("nan"), "nan is no number that Notion could keep"),
        ("number", Decimal("Infinity"), "Infinity is no number"),
        ("number", "1e999", "too large for a number of Notion"),
        ("number", 10**400, "too large for a number of Notion"),
        ("number", 2**53 + 1, "9007199254740993 has more digits than a number of Notion"),
        ("number", "0.1000000000000000055", "has more digits than a number of Notion"),
        ("checkbox", "true", '"true" is neither True nor False'),
        ("checkbox", None, "a checkbox is never empty"),
        ("url", "x" * 2_001, "2,001 characters are over Notion's limit of 2,000"),
        ("email", "x" * 201, "over Notion's limit of 200"),
        ("select", "a, b", "Notion allows no comma in its name"),
        ("select", "", "write None to clear"),
        ("select", "x" * 101, "at most 100 characters"),
        ("status", "paid", '"paid" is none of its options: Open, Paid, In progress (did you mean "Paid"?)'),
        ("multi_select", "a, b", "Write several as a list."),
        ("multi_select", ["a"] * 101, "101 of them are over Notion's limit of 100"),
        ("relation", Relation(*[HOME_PAGE_ID] * 101), "101 pages are over"),
        ("relation", "page 1", '"page 1" is not the id of a page'),
        ("people", "ada@example.com", '"ada@example.com" is not the id of a user'),
        ("date", datetime(2026, 1, 1), "has no time zone; a datetime needs its time zone"),
        ("date", "2026-01-01T10:00", "has no time zone; write it as"),
        ("date", "tomorrow", '"tomorrow" is no date; write it as 2026-11-22'),
        ("date", DateRange(date(2026, 1, 2), date(2026, 1, 1)), "its end, 2026-01-01, is before its start"),
        ("date", DateRange("2026-01-01", None, "Berlin"), '"Berlin" is no time zone; write one such as Europe/Berlin'),
        ("files", "label.pdf", "that begins with https://"),
        ("files", File(), "either an address or the id of an upload"),
        ("formula", 1, "Notion computes it (formula); it cannot be written"),
        ("created_time", "2026-01-01", "Notion computes it (created_time)"),
        ("number", {"number": "x"}, '"x" is not what Notion takes for number'),
        ("number", {"number": 1, "email": "x"}, "holds 'number' alone, and not email"),
        ("status", {"status": {"name": "paid"}}, "is none of its options"),
        ("title", "half \ud83d", "half of a surrogate pair"),
        ("title", object(), "a value of the type object cannot be written"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(kind: str, value: Any, says: str):
    assert says in refusal(kind, value)


def test_all_wrong_values_stand_in_one_error_with_the_database():
    with pytest.raises(RecordInvalid) as caught:
        shape(SCHEMA, {"number": "x", "nubmer": 1, "title": "fits", "checkbox": 1})
    assert str(caught.value).startswith('The record does not fit the database "All"; nothing was sent:\n- number:')
    assert [problem["closest"] for problem in caught.value.problems] == [None, "number", None]
    assert [problem["wanted"] for problem in caught.value.problems] == ["number", None, "checkbox"]


def test_a_property_is_given_once_by_name_or_id():
    id = SOURCE.properties["number"].id
    assert shape(SCHEMA, {id: 1}) == {id: {"number": 1}}
    with pytest.raises(RecordInvalid, match="is the same property as number"):
        shape(SCHEMA, {"number": 1, id: 2})


@pytest.mark.parametrize("version", list(Version))
def test_a_schema_is_read_from_every_version(version: Version):
    schema = read_schema(data_source(WORKSPACE, SOURCE, version))
    assert {prop.type for prop in schema.properties.values()} == set(TYPES)
    assert schema.properties["status"].options == tuple(OPTIONS)


def test_a_page_that_is_no_row_has_a_title_alone():
    assert shape(TITLE_ALONE, {"title": "x"})["title"]["title"][0]["text"]["content"] == "x"
    with pytest.raises(RecordInvalid, match="there is no such property"):
        shape(TITLE_ALONE, {"Total": 1})


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


@pytest.mark.parametrize(
    ("held", "plain"),
    [
        ({"type": "formula", "formula": {"type": "number", "number": 3}}, 3),
        ({"type": "formula", "formula": {"type": "date", "date": {"start": "2026-01-01"}}}, "2026-01-01"),
        ({"type": "rollup", "rollup": {"type": "array", "array": [{"type": "number", "number": 1}]}}, [1]),
        ({"type": "rollup", "rollup": {"type": "number", "number": None, "function": "sum"}}, None),
        ({"type": "unique_id", "unique_id": {"prefix": "P", "number": 3}}, "P-3"),
        ({"type": "unique_id", "unique_id": {"prefix": None, "number": 3}}, 3),
        ({"type": "created_by", "created_by": {"object": "user", "id": "u"}}, "u"),
        ({"type": "relation", "relation": [{"id": "a"}], "has_more": False}, ["a"]),
        ({"type": "verification", "verification": {"state": "verified", "date": None}}, "verified"),
        (
            {"type": "files", "files": [{"name": "n", "type": "file", "file": {"url": "u"}}]},
            [{"name": "n", "url": "u"}],
        ),
        ({"type": "button", "button": {}}, None),
        ({"type": "new_kind", "new_kind": {"a": 1}}, None),
    ],
)
def test_what_notion_answers_is_read_as_plain_values(held: dict[str, Any], plain: Any):
    assert plain_value(held) == plain


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ({"checkbox": False}, {"property": "checkbox", "checkbox": {"equals": False}}),
        ({"number": {"greater_than": "1.5"}}, {"property": "number", "number": {"greater_than": 1.5}}),
        ({"date": None}, {"property": "date", "date": {"is_empty": True}}),
        ({"date": {"past_week": True}}, {"property": "date", "date": {"past_week": {}}}),
        ({"multi_select": "Open"}, {"property": "multi_select", "multi_select": {"contains": "Open"}}),
        ({"people": "me"}, {"property": "people", "people": {"contains": "me"}}),
        (
            {"created_time": {"after": date(2026, 1, 1)}},
            {"timestamp": "created_time", "created_time": {"after": "2026-01-01"}},
        ),
        ({"formula": {"string": {"equals": "x"}}}, {"property": "formula", "formula": {"string": {"equals": "x"}}}),
        ({}, None),
    ],
)
def test_where_becomes_notion_s_filter(where: dict[str, Any], wanted: Any):
    assert filter_of(SCHEMA, to_crossing(where)) == wanted


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ({"number": {"bigger_than": 1}}, '"bigger_than" is no operator of number; there are: equals'),
        ({"number": {}}, "it names no operator"),
        ({"number": []}, "the list of values is empty"),
        ({"select": "Lost"}, '"Lost" is none of its options: Open, Paid, In progress'),
        ({"files": "x"}, "it is asked for with is_empty, is_not_empty alone"),
        ({"formula": 3}, "by what it computes"),
        ({"title": {"contains": None}}, "needs a value"),
        ({"titel": "x"}, 'Did you mean "title"?'),
    ],
)
def test_a_condition_that_does_not_fit_is_refused(where: dict[str, Any], says: str):
    with pytest.raises(RecordInvalid) as caught:
        filter_of(SCHEMA, where)
    assert says in str(caught.value)


def test_sorts_are_names_with_a_minus_for_descending():
    assert sorts_of(SCHEMA, ["-number", "title", {"timestamp": "created_time", "direction": "ascending"}]) == [
        {"property": "number", "direction": "descending"},
        {"property": "title", "direction": "ascending"},
        {"timestamp": "created_time", "direction": "ascending"},
    ]
    with pytest.raises(RecordInvalid, match="Did you mean"):
        sorts_of(SCHEMA, ["-nubmer"])
