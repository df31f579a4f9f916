"""The property that tells one record from every other, and what it holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from steps.notion.mismatch import Mismatch, Wrong, refuse
from steps.notion.out import plain_value
from steps.notion.records import RecordKey
from steps.notion.schema import Property, Schema
from steps.notion.shaping import shape_one, unknown
from steps.notion.texts import units

KEYS = ("title", "rich_text", "number", "url", "email", "phone_number", "select")
"""The types of properties that may tell one record from every other: Notion finds a value of theirs exactly."""
MAX_KEY = 2_000
_DIGEST = 32


def key_property(schema: Schema, key: str) -> Property:
    """Return the property of a key.

    Raises:
        RecordInvalid: there is none, or it is of another type.
    """
    prop = schema.find(key)
    if prop is None:
        refuse([unknown(schema, key)], schema.title)
    elif prop.type not in KEYS:
        wrong = f"a property of the type {prop.type} cannot be a key; these can: {', '.join(KEYS)}"
        refuse([Mismatch(key, wrong, prop.type)], schema.title)
    else:
        return prop
    raise AssertionError("refuse() has raised")


def key_value(schema: Schema, prop: Property, key: str, values: Mapping[str, Any]) -> str | float:
    """Return the value of the key among a record's, in the form in which two are compared.

    Raises:
        RecordInvalid: it is missing, empty, too long, or no value of that property.
    """
    given = [name for name in values if schema.find(name) == prop]
    problem = None
    found: Any = None
    try:
        found = plain_value(shape_one(schema, prop, values[given[0]])) if given else None
    except Wrong as wrong:
        problem = str(wrong)
    if not given:
        problem = "is the key, and has no value"
    elif problem is None and (found is None or found == ""):
        problem = "is the key, and is empty"
    elif problem is None and isinstance(found, str) and units(found) > MAX_KEY:
        problem = f"is the key, and has more than {MAX_KEY:,} characters"
    if problem is not None:
        refuse([Mismatch(key, problem, prop.type)], schema.title)
    return found if isinstance(found, str) else float(found or 0)


def digest(key: RecordKey, value: str | float) -> str:
    """Return what two writers of one record have alike; keys may be mail addresses, and ids are never encrypted."""
    said = json.dumps([key.source, unquote(key.id), value], ensure_ascii=False)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST]
