"""Ids as an author may give them: with or without dashes, or as the address that Notion shows."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import parse_qs, quote, urlsplit

from steps.errors import RequestInvalid
from steps.parts import is_object

Kind = Literal["page", "block", "other"]
_HEX = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_AT_END = re.compile(rf"(?:^|-)({_HEX.pattern})$", re.IGNORECASE)
_PARENTS: Mapping[str, Kind] = {
    "page_id": "page",
    "database_id": "other",
    "data_source_id": "other",
    "block_id": "block",
}


def read_id(text: str, kind: Kind = "other") -> str:
    """Return the id in a text: of an address, the one of the `kind` that is asked for.

    Raises:
        RequestInvalid: there is none.
    """
    text = text.strip() if isinstance(text, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]  # authors pass anything
    if not text:
        raise RequestInvalid(f"An id of Notion is a text, such as {str(uuid.UUID(int=1))!r}, or a page's address.")
    if _HEX.fullmatch(text):
        return str(uuid.UUID(text))
    if "://" not in text:
        return text
    found = _in_address(text, kind)
    if found is None:
        raise RequestInvalid(f"There is no id of Notion in the address {text[:100]!r}.")
    return str(uuid.UUID(found))


def path_id(text: str, kind: Kind = "other") -> str:
    """Return the id in a text, for a path."""
    return quote(read_id(text, kind), safe="")


def read_parent(parent: Mapping[str, Any]) -> dict[str, Any]:
    """Return a parent with its ids as Notion takes them."""
    return {
        name: read_id(value, _PARENTS[name]) if name in _PARENTS else value
        for name, value in parent.items()
    }  # fmt: skip


def with_parent(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body whose parent has its ids as Notion takes them."""
    parent = body.get("parent")
    return {**body, "parent": read_parent(parent)} if is_object(parent) else {**body}


def _in_address(text: str, kind: Kind) -> str | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    candidates = [parts.path.rstrip("/").rpartition("/")[2]]
    if kind != "other":  # a page that is open over a database stands in the query
        candidates[:0] = parse_qs(parts.query).get("p", [])
    if kind == "block":
        candidates.insert(0, parts.fragment.removeprefix("block-"))
    return next((match[1] for each in candidates if (match := _AT_END.search(each))), None)
