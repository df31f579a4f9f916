"""Values of records in Notion's shapes, held against the stand-in's own parser."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from local.notion import HOME_PAGE_ID, values
from local.notion.shapes import data_source
from local.notion.versions import Version
from steps import DateRange, File, Person, Place, RecordInvalid, Relation
from steps.notion.out import plain_value
from steps.notion.schema import TITLE_ALONE, Property, Schema, read_schema
from steps.notion.shaping import shape
from steps.notion.values import to_crossing
from tests.steps.every_type import CALL, OPTIONS, PERSON, SCHEMA, SOURCE, TYPES, WORKSPACE, accepted, shaped


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
