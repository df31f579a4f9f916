"""Compare what was sent to Notion with what is there: type by type, and only what can be compared."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from steps.parts import a_list, an_object, is_object

Json = dict[str, Any]
_TEXTS = ("title", "rich_text")
_MOST_REFERENCES = 25  # of a property, that Notion shows with a page
_BLOCK_KEYS = frozenset({"object", "id", "type", "children"})


def properties_match(sent: Mapping[str, Any], page: Mapping[str, Any]) -> bool | None:
    """Tell whether a page holds every property that was sent; None where nothing can be compared."""
    held = _by_name(an_object(page.get("properties")))
    compared = [_same(value, held.get(name) or held.get(unquote(name))) for name, value in sent.items()]
    if False in compared:
        return False
    return True if True in compared else None


def text_of(items: object) -> str | None:
    """Return the plain text of rich text, or None where it holds what Notion writes in its own words."""
    parts: list[str] = []
    for each in a_list(items):
        item = an_object(each)
        if isinstance(item.get("plain_text"), str):
            parts.append(item["plain_text"])
        elif isinstance(content := an_object(item.get("text")).get("content"), str):
            parts.append(content)
        elif isinstance(expression := an_object(item.get("equation")).get("expression"), str):
            parts.append(expression)
        else:
            return None
    return "".join(parts)


def blocks_match(sent: Sequence[Any], found: Sequence[Any]) -> bool:
    """Tell whether blocks are those that were sent, by type and text, in order."""
    return len(sent) == len(found) and all(_same_block(*pair) for pair in zip(sent, found, strict=True))


def moment(text: object) -> datetime | None:
    """Return a moment or day that Notion or a caller wrote, or None."""
    try:
        return datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _by_name(properties: Json) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in properties.items():
        held = an_object(value)
        for each in (held.get("id"), unquote(str(held.get("id"))), name):  # the name last: it is what counts
            if isinstance(each, str):
                found[each] = held
    return found


def _same(sent: Any, held: Json | None) -> bool | None:
    kind = held.get("type") if held else None
    if held is None or not isinstance(kind, str):
        return None
    if is_object(sent):
        if kind not in sent:
            return None
        sent = sent[kind]
    return _same_value(kind, sent, held.get(kind))


def _same_value(kind: str, sent: Any, held: Any) -> bool | None:
    match kind:
        case "title" | "rich_text":
            text = text_of(sent)
            return None if text is None else text == text_of(held)
        case "number":
            return _same_number(sent, held)
        case "checkbox":
            return bool(sent) == bool(held)
        case "url" | "email" | "phone_number":
            return str(sent or "").rstrip("/") == str(held or "").rstrip("/")
        case "select" | "status":
            return _same_option(an_object(sent), an_object(held)) if sent else not held
        case "multi_select":
            return _same_options(a_list(sent), a_list(held))
        case "date":
            return _same_date(an_object(sent), an_object(held))
        case "people" | "relation":
            return _same_ids(a_list(sent), a_list(held))
        case "files":
            names = [an_object(each).get("name") for each in a_list(sent)]
            return None if None in names else names == [an_object(each).get("name") for each in a_list(held)]
        case _:
            return None


def _same_number(sent: object, held: object) -> bool:
    if isinstance(sent, int | float) and isinstance(held, int | float):
        return math.isclose(sent, held, rel_tol=1e-12)
    return sent is held


def _same_option(sent: Json, held: Json) -> bool:
    return any(key in sent and sent[key] == held.get(key) for key in ("id", "name"))


def _same_options(sent: list[Any], held: list[Any]) -> bool:
    return len(sent) == len(held) and all(
        any(_same_option(an_object(one), an_object(other)) for other in held) for one in sent
    )


def _same_ids(sent: list[Any], held: list[Any]) -> bool:
    wanted, found = ({_plain_id(an_object(each).get("id")) for each in side} for side in (sent, held))
    return found <= wanted if len(held) >= _MOST_REFERENCES else found == wanted


def _plain_id(value: object) -> str:
    return str(value).replace("-", "").lower()


def _same_date(sent: Json, held: Json) -> bool:
    return all(_same_moment(sent.get(key), held.get(key)) for key in ("start", "end"))


def _same_moment(sent: object, held: object) -> bool:
    one, other = moment(sent), moment(held)
    if one is None or other is None:
        return sent is held or (one, other) == (None, None)
    if one.tzinfo is None or other.tzinfo is None:  # by the clock on the wall, where a time zone was given beside it
        one, other = one.replace(tzinfo=None), other.replace(tzinfo=None)
    return abs((one - other).total_seconds()) < 60  # Notion's times have minutes


def _same_block(sent: object, found: object) -> bool:
    one, other = an_object(sent), an_object(found)
    kind = one.get("type") or next((key for key in one if key not in _BLOCK_KEYS), None)
    if kind != other.get("type"):
        return False
    text, held = (_block_text(an_object(each.get(str(kind)))) for each in (one, other))
    return text is None or held is None or text == held


def _block_text(content: Json) -> str | None:
    for key in _TEXTS:
        if key in content:
            return text_of(content[key])
    for value in (content.get("expression"), content.get("url"), an_object(content.get("external")).get("url")):
        if isinstance(value, str):
            return value
    if "cells" in content:
        cells = [text_of(cell) for cell in a_list(content["cells"])]
        return None if None in cells else "\t".join(cell or "" for cell in cells)
    return None
