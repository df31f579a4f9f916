"""A record's values, as they crossed, in the shapes that Notion wants: each checked against the property's own type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steps.notion import kinds
from steps.notion.kinds import Kind
from steps.notion.mismatch import Mismatch, Wrong, listed, refuse, shown
from steps.notion.named import check_raw_option
from steps.notion.schema import Property, Schema
from steps.parts import is_list, is_object

COMPUTED = frozenset(
    {
        "formula", "rollup", "created_time", "created_by", "last_edited_time", "last_edited_by", "unique_id", "button",
    }
)  # fmt: skip
"""What Notion fills in by itself."""

KINDS: dict[str, Kind] = {
    "title": kinds.text,
    "rich_text": kinds.text,
    "number": kinds.number,
    "checkbox": kinds.checkbox,
    "url": kinds.limited(2_000),
    "email": kinds.limited(200),
    "phone_number": kinds.limited(200),
    "select": kinds.select,
    "status": kinds.status,
    "multi_select": kinds.multi_select,
    "date": kinds.date,
    "people": kinds.people,
    "relation": kinds.relation,
    "files": kinds.files,
    "place": kinds.place,
    "verification": kinds.verification,
}
_PLAIN = frozenset({"number", "checkbox", "url", "email", "phone_number"})  # Notion's shape holds what an author writes
_BESIDE = frozenset({"id", "name", "type"})


def shape(schema: Schema, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `properties` of a request, by the keys that the author gave.

    Raises:
        RecordInvalid: it lists every value that does not fit the schema.
    """
    shaped: dict[str, Any] = {}
    problems: list[Mismatch] = []
    taken: dict[str, str] = {}
    for key, value in values.items():
        prop = schema.find(key)
        if prop is None:
            problems.append(unknown(schema, key))
            continue
        if prop.id in taken:
            problems.append(Mismatch(key, f"is the same property as {taken[prop.id]}; give it once", prop.type))
            continue
        taken[prop.id] = key
        try:
            shaped[key] = shape_one(schema, prop, value)
        except Wrong as wrong:
            problems.append(Mismatch(key, str(wrong), prop.type))
    refuse(problems, schema.title)
    return shaped


def shape_one(schema: Schema, prop: Property, value: Any) -> dict[str, Any]:
    """Return one property's value as Notion wants it.

    Raises:
        Wrong: with what is wrong, and what to write.
    """
    if prop.type in COMPUTED:
        raise Wrong(f"Notion computes it ({prop.type}); it cannot be written")
    if is_object(value) and prop.type in value:
        return _raw(schema, prop, value)
    kind = KINDS.get(prop.type)
    if kind is None:
        raise Wrong(f"its type {prop.type!r} is not known here; write Notion's own shape, {{{prop.type!r}: ...}}")
    return {prop.type: kind(schema, prop, value)}


def unknown(schema: Schema, key: str) -> Mismatch:
    """Return what is wrong with a name that the schema does not have."""
    near = schema.closest(key)
    known = "" if near else f"; there are: {listed(schema.properties)}"
    return Mismatch(key, f"there is no such property{known}", None, near)


def _raw(schema: Schema, prop: Property, value: dict[str, Any]) -> dict[str, Any]:
    """Let Notion's own shape pass, after a light check."""
    if others := sorted(value.keys() - _BESIDE - {prop.type}):
        raise Wrong(f"Notion's shape of it holds {prop.type!r} alone, and not {listed(others)}")
    if value.get("type", prop.type) != prop.type:
        raise Wrong(f"it is of the type {prop.type}, not {shown(value['type'])}")
    content = value[prop.type]
    if prop.type in KINDS and not kinds.fits(prop.type, content):
        raise Wrong(f"{shown(content)} is not what Notion takes for {prop.type}")
    if prop.type in _PLAIN:
        return {prop.type: KINDS[prop.type](schema, prop, content)}
    if prop.type in ("select", "status", "multi_select"):
        for option in content if is_list(content) else [content]:
            check_raw_option(prop, option)
    return value
