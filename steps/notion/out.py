"""A page's properties as plain values: texts, numbers, names, ISO dates, ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from steps.parts import a_list, an_object, is_list, is_object

_AS_IT_IS = frozenset(
    {"number", "checkbox", "url", "email", "phone_number", "created_time", "last_edited_time", "string", "boolean"}
)


def plain_values(page: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a page's properties, by name."""
    return {name: plain_value(value) for name, value in an_object(page.get("properties")).items()}


def plain_value(value: Any) -> Any:
    """Return one property's value, as Notion answers it or as it was written."""
    if is_list(value):  # the shorthand of a text
        return _text(value)
    given = an_object(value)
    kind = given.get("type") or next((key for key in given if key not in ("id", "name", "has_more")), "")
    return _of(str(kind), given.get(str(kind)))


def _of(kind: str, content: Any) -> Any:
    if kind in _AS_IT_IS or content is None:
        return content
    if kind in ("title", "rich_text"):
        return _text(content)
    if kind in ("multi_select", "people", "relation", "files", "array"):
        return [_item(kind, item) for item in a_list(content)]
    return _held(kind, content) if is_object(content) else None


def _held(kind: str, given: dict[str, Any]) -> Any:
    if kind in ("select", "status"):
        return given.get("name")
    if kind == "date":
        return _date(given)
    if kind in ("formula", "rollup"):
        inner = str(given.get("type"))
        return _of(inner, given.get(inner))
    if kind == "unique_id":
        prefix, number = given.get("prefix"), given.get("number")
        return f"{prefix}-{number}" if prefix and number is not None else number
    if kind in ("created_by", "last_edited_by"):
        return given.get("id")
    if kind == "verification":
        return given.get("state")
    return given if kind == "place" else None


def _item(kind: str, item: Any) -> Any:
    if kind == "array":  # of a rollup: each is the value of a property
        return plain_value(item)
    given = an_object(item)
    if kind == "multi_select":
        return given.get("name")
    if kind != "files":
        return given.get("id")
    held = an_object(given.get("external")) or an_object(given.get("file"))
    return {"name": given.get("name"), "url": held.get("url")}


def _date(given: dict[str, Any]) -> Any:
    if given.get("end") is None and given.get("time_zone") is None:
        return given.get("start")
    return {name: given.get(name) for name in ("start", "end", "time_zone")}


def _text(items: Any) -> str:
    return "".join(_piece(item) for item in a_list(items))


def _piece(item: Any) -> str:
    given = an_object(item)
    if isinstance(plain := given.get("plain_text"), str):
        return plain
    held = an_object(given.get("text")) or an_object(given.get("equation"))
    return str(held.get("content") or held.get("expression") or "")
