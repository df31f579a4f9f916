"""Each type of property: what an author may write, and what Notion wants for it."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from steps.notion.mismatch import Wrong, shown
from steps.notion.named import a_file, a_text, an_id, an_option, known_option
from steps.notion.schema import Property, Schema
from steps.notion.texts import MAX_PIECE, MAX_PIECES, split, units
from steps.notion.times import a_range, a_time
from steps.parts import an_object, is_list, is_object

Kind = Callable[[Schema, Property, Any], Any]
MAX_ITEMS = 100
_LISTS = frozenset({"title", "rich_text", "multi_select", "people", "relation", "files"})
_TEXTS = frozenset({"url", "email", "phone_number"})


def text(_schema: Schema, _prop: Property, value: Any) -> list[Any]:
    """Title and text: a text of any length that fits; None and "" clear it."""
    if value is None:
        return []
    pieces = split(a_text(value, "a text; write str(...) of another value"))
    if len(pieces) > MAX_PIECES:
        raise Wrong(f"a text of {units(value):,} characters is over Notion's limit of {MAX_PIECE * MAX_PIECES:,}")
    return [{"type": "text", "text": {"content": piece}} for piece in pieces]


def number(_schema: Schema, _prop: Property, value: Any) -> int | float | None:
    """Number: int, float, Decimal, or its text with a dot; None clears it."""
    if value is None:
        return None
    if isinstance(value, str):
        return _number_of(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Wrong(f"{shown(value)} is no number")
    if isinstance(value, int):
        return _exact(value, Decimal(value))
    if not math.isfinite(value):
        raise Wrong(f"{value} is no number that Notion could keep")
    return value


def checkbox(_schema: Schema, _prop: Property, value: Any) -> bool:
    """Checkbox: True or False alone."""
    if not isinstance(value, bool):
        hint = "; a checkbox is never empty" if value is None else ""
        raise Wrong(f"{shown(value)} is neither True nor False{hint}")
    return value


def limited(most: int) -> Kind:
    """URL, e-mail, phone: a text up to a length; None and "" clear it."""

    def kind(_schema: Schema, _prop: Property, value: Any) -> str | None:
        if value is None or value == "":
            return None
        found = a_text(value, "a text")
        if units(found) > most:
            raise Wrong(f"{units(found):,} characters are over Notion's limit of {most:,}")
        return found

    return kind


def select(_schema: Schema, prop: Property, value: Any) -> dict[str, Any] | None:
    """Select: the option's name, which Notion makes where it is new; None clears it."""
    return None if value is None else an_option(prop, value)


def status(_schema: Schema, prop: Property, value: Any) -> dict[str, Any] | None:
    """Status: the name of an option that there is; None clears it."""
    if value is None:
        return None
    option = an_option(prop, value)
    known_option(prop, option["name"])
    return option


def multi_select(_schema: Schema, prop: Property, value: Any) -> list[Any]:
    """Multi-select: names of options, or one; None clears it."""
    return [an_option(prop, name) for name in _items(value)]


def date(_schema: Schema, _prop: Property, value: Any) -> dict[str, Any] | None:
    """Date: a date, an aware datetime, a DateRange, or its ISO text; None clears it."""
    if value is None:
        return None
    given = an_object(value).get("$range")
    return a_range(given) if is_object(given) else {"start": a_time(value, None)}


def people(schema: Schema, _prop: Property, value: Any) -> list[Any]:
    """People: Persons, or user ids; None clears it."""
    ids = [one.get("$person") if is_object(one) else one for one in _items(value)]
    return [{"object": "user", "id": an_id(schema, id, "the id of a user")} for id in ids]


def relation(schema: Schema, _prop: Property, value: Any) -> list[Any]:
    """Relation: a Relation, or ids of pages; None clears it."""
    ids: list[Any] = []
    for one in _items(value):
        pages = an_object(one).get("$relation")
        ids += pages if is_list(pages) else [one]
    if len(ids) > MAX_ITEMS:
        raise Wrong(f"{len(ids)} pages are over Notion's limit of {MAX_ITEMS}")
    return [{"id": an_id(schema, id, "the id of a page")} for id in ids]


def files(schema: Schema, _prop: Property, value: Any) -> list[Any]:
    """Files: Files, or addresses; None clears it."""
    return [a_file(schema, one) for one in _items(value)]


def place(_schema: Schema, _prop: Property, value: Any) -> dict[str, Any] | None:
    """Place: a Place; None clears it."""
    if value is None:
        return None
    given = an_object(value).get("$place")
    if not is_object(given):
        raise Wrong(f"{shown(value)} is no Place")
    found = {name: each for name, each in given.items() if each is not None}
    for name, most in (("lat", 90), ("lon", 180)):
        degrees = found.get(name)
        if isinstance(degrees, bool) or not isinstance(degrees, (int, float)) or not -most <= degrees <= most:
            raise Wrong(f"{name} must be a number of degrees between -{most} and {most}, not {shown(degrees)}")
    return found


def verification(_schema: Schema, _prop: Property, value: Any) -> dict[str, Any]:
    """Verification: "verified" or "unverified"."""
    if value not in ("verified", "unverified"):
        raise Wrong(f'{shown(value)} is neither "verified" nor "unverified"')
    return {"state": value}


def fits(kind: str, content: Any) -> bool:
    """Tell whether what stands in Notion's own shape of a type could be right; Notion looks at the rest."""
    if kind in _LISTS:
        return is_list(content) and len(content) <= MAX_ITEMS and all(is_object(each) for each in content)
    if kind == "checkbox":
        return isinstance(content, bool)
    if content is None:
        return True
    if kind == "number":
        return isinstance(content, (int, float)) and not isinstance(content, bool)
    return (isinstance(content, str) and content != "") if kind in _TEXTS else isinstance(content, dict)


def _number_of(value: str) -> int | float:
    try:
        exact = Decimal(value) if value.isascii() and "_" not in value else None
    except InvalidOperation:
        exact = None
    if exact is None or not exact.is_finite():
        comma = "," in value and value.replace(",", "").replace(".", "").strip(" +-").isdigit()
        hint = ': write it with a dot and without separators, such as "1234.50"' if comma else ""
        raise Wrong(f"{shown(value)} is no number{hint}")
    whole = abs(exact) < 10**18 and exact == int(exact)
    return _exact(int(exact) if whole else float(exact), exact)


def _exact(value: int | float, exact: Decimal) -> int | float:
    """Return a number that Notion keeps as it is: it has 64-bit floating point numbers alone."""
    try:
        kept = Decimal(repr(float(value)))
    except OverflowError:
        kept = Decimal("Infinity")
    if not kept.is_finite():
        raise Wrong("it is too large for a number of Notion")
    if kept != exact:
        raise Wrong(f"{str(exact)[:40]} has more digits than a number of Notion; write it into a text")
    return value


def _items(value: Any) -> list[Any]:
    """Return a list as it is, one value as a list of it, and None as an empty one."""
    found = value if is_list(value) else [] if value is None else [value]
    if len(found) > MAX_ITEMS:
        raise Wrong(f"{len(found)} of them are over Notion's limit of {MAX_ITEMS}")
    return found
