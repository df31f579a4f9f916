"""`where` and `sorts` of a search as Notion wants them, checked against the schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from steps.notion.mismatch import Mismatch, Wrong, listed, refuse, shown
from steps.notion.schema import Property, Schema
from steps.notion.shaping import shape_one, unknown
from steps.notion.times import a_time
from steps.parts import is_list, is_object

_EMPTY = ("is_empty", "is_not_empty")
_TEXT = ("equals", "does_not_equal", "contains", "does_not_contain", "starts_with", "ends_with", *_EMPTY)
_ORDER = ("greater_than", "less_than", "greater_than_or_equal_to", "less_than_or_equal_to")
_NUMBER = ("equals", "does_not_equal", *_ORDER, *_EMPTY)
_CHOICE = ("equals", "does_not_equal", *_EMPTY)
_LIST = ("contains", "does_not_contain", *_EMPTY)
_SPANS = ("this_week", *(f"{when}_{unit}" for when in ("past", "next") for unit in ("week", "month", "year")))
_DATE = ("equals", "before", "after", "on_or_before", "on_or_after", *_SPANS, *_EMPTY)
_PEOPLE = ("people", "created_by", "last_edited_by")

OPERATORS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("title", "rich_text", "url", "email", "phone_number"), _TEXT),
    **dict.fromkeys(("number", "unique_id"), _NUMBER),
    **dict.fromkeys(("select", "status"), _CHOICE),
    **dict.fromkeys(("multi_select", "relation", *_PEOPLE), _LIST),
    **dict.fromkeys(("date", "created_time", "last_edited_time"), _DATE),
    "checkbox": ("equals", "does_not_equal"),
    "files": _EMPTY,
}
# What they compare with follows from what they compute, which no schema says.
_NESTED = ("formula", "rollup")


def filter_of(schema: Schema, where: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the filter in which every condition of `where` holds.

    Raises:
        RecordInvalid: it lists every condition that does not fit the schema.
    """
    tests: list[Any] = []
    problems: list[Mismatch] = []
    for key, wanted in (where or {}).items():
        prop = schema.find(key)
        if prop is None:
            problems.append(unknown(schema, key))
            continue
        try:
            tests += _conditions(schema, prop, wanted)
        except Wrong as wrong:
            problems.append(Mismatch(key, str(wrong), prop.type))
    refuse(problems, schema.title)
    return tests[0] if len(tests) == 1 else {"and": tests} if tests else None


def sorts_of(schema: Schema, sorts: Sequence[Any]) -> list[Any]:
    """Return sorts: names, with a minus before them for descending, or Notion's own shape."""
    found: list[Any] = []
    problems: list[Mismatch] = []
    for given in sorts:
        if not isinstance(given, str):
            found.append(given)
            continue
        prop, direction = schema.find(given), "ascending"
        if prop is None and given.startswith("-"):
            prop, direction = schema.find(given[1:]), "descending"
        if prop is None:
            problems.append(unknown(schema, given.removeprefix("-")))
        else:
            found.append({"property": prop.name, "direction": direction})
    refuse(problems, schema.title)
    return found


def equals(prop: Property, value: Any) -> dict[str, Any]:
    """Return the filter for the rows that hold a value."""
    return {"property": prop.name, prop.type: {"equals": value}}


def _conditions(schema: Schema, prop: Property, wanted: Any) -> list[Any]:
    if prop.type in _NESTED:
        if not is_object(wanted) or len(wanted) != 1:
            raise Wrong(f'a {prop.type} is asked for as {{"number": {{"greater_than": 10}}}}, by what it computes')
        return [{"property": prop.name, prop.type: wanted}]
    known = OPERATORS.get(prop.type)
    if known is None:
        raise Wrong(f"rows cannot be found by a property of the type {prop.type}")
    if is_list(wanted):
        if not wanted:
            raise Wrong("the list of values is empty, so that no row could match")
        return [{"or": [_plain(schema, prop, known, each) for each in wanted]}]
    if not is_object(wanted) or _is_value(wanted):
        return [_plain(schema, prop, known, wanted)]
    if not wanted:
        raise Wrong(f"it names no operator; there are: {listed(known)}")
    return [_condition(schema, prop, known, name, value) for name, value in wanted.items()]


def _is_value(wanted: Mapping[str, Any]) -> bool:
    return any(key.startswith("$") for key in wanted)


def _plain(schema: Schema, prop: Property, known: tuple[str, ...], wanted: Any) -> dict[str, Any]:
    """A bare value: it is equal to it, holds it, or is empty."""
    if wanted is None and "is_empty" in known:
        return _test(prop, "is_empty", True)
    name = next((each for each in ("equals", "contains") if each in known), None)
    if name is None:
        raise Wrong(f"it is asked for with {listed(known)} alone")
    return _condition(schema, prop, known, name, wanted)


def _condition(schema: Schema, prop: Property, known: tuple[str, ...], name: str, value: Any) -> dict[str, Any]:
    if name not in known:
        raise Wrong(f"{shown(name)} is no operator of {prop.type}; there are: {listed(known)}")
    if name in _EMPTY:
        if value is not True:
            raise Wrong(f"{name} is asked for with True")
        return _test(prop, name, True)
    if name in _SPANS:
        return _test(prop, name, {})
    if value is None:
        raise Wrong(f"{name} needs a value; an empty property is found with None alone, or is_empty")
    return _test(prop, name, _operand(schema, prop, value))


def _test(prop: Property, name: str, value: Any) -> dict[str, Any]:
    if prop.type in ("created_time", "last_edited_time"):
        return {"timestamp": prop.type, prop.type: {name: value}}
    return {"property": prop.name, prop.type: {name: value}}


def _operand(schema: Schema, prop: Property, value: Any) -> Any:
    """Return what is compared with, checked as what is written is."""
    read = _OPERANDS.get(prop.type)
    return shape_one(schema, prop, value)[prop.type] if read is None else read(schema, prop, value)


def _a_text(_schema: Schema, _prop: Property, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 2_000:
        raise Wrong(f"{shown(value)} is not a text of at most 2,000 characters")
    return value


def _a_choice(schema: Schema, prop: Property, value: Any) -> Any:
    shaped = shape_one(schema, prop, value)[prop.type]
    option = shaped[0] if is_list(shaped) and len(shaped) == 1 else shaped
    name = option.get("name") if is_object(option) else None
    if name not in prop.options:
        raise Wrong(f"{shown(value)} is none of its options: {listed(prop.options)}")
    return name


def _an_id(schema: Schema, prop: Property, value: Any) -> Any:
    if value == "me" and prop.type in _PEOPLE:
        return value
    kind = "relation" if prop.type == "relation" else "people"
    found = shape_one(schema, prop._replace(type=kind), value)[kind]
    if len(found) != 1:
        raise Wrong("it is asked for with one id")
    return found[0]["id"]


def _a_moment(_schema: Schema, _prop: Property, value: Any) -> str:
    return a_time(value, None)


def _a_number(schema: Schema, prop: Property, value: Any) -> Any:
    return shape_one(schema, prop._replace(type="number"), value)["number"]


_OPERANDS: dict[str, Callable[[Schema, Property, Any], Any]] = {
    **dict.fromkeys(("title", "rich_text", "url", "email", "phone_number"), _a_text),
    **dict.fromkeys(("select", "status", "multi_select"), _a_choice),
    **dict.fromkeys(("relation", *_PEOPLE), _an_id),
    **dict.fromkeys(("date", "created_time", "last_edited_time"), _a_moment),
    **dict.fromkeys(("number", "unique_id"), _a_number),
}
