"""What a database wants of its rows, read from what Notion answers of a data source, or formerly of a database."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from steps.parts import a_list, an_object, is_object

UUID = re.compile(r"[0-9a-fA-F]{8}-?([0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
OPTIONS = frozenset({"select", "multi_select", "status"})


class Property(NamedTuple):
    """One property of a schema; `options` are the names that its select, multi-select or status has."""

    id: str
    name: str
    type: str
    options: tuple[str, ...] = ()


class Schema(NamedTuple):
    """The properties of a data source, by name; `ids` is what the ids of pages and people look like."""

    id: str
    title: str
    properties: Mapping[str, Property]
    ids: re.Pattern[str] = UUID

    def find(self, key: str) -> Property | None:
        """Return the property of that name or id; an id may come URL-encoded or not."""
        if found := self.properties.get(key):
            return found
        return next((each for each in self.properties.values() if key in (each.id, unquote(each.id))), None)

    def closest(self, key: str) -> str | None:
        """Return the name that was meant, if it looks like a typing error."""
        return close(key, self.properties)


# A page that is no row has a title and nothing else.
TITLE_ALONE = Schema("", "", {"title": Property("title", "title", "title")})


def close(name: str, known: Iterable[str]) -> str | None:
    """Return which of the names that there are was meant, if it looks like a typing error."""
    lower = {each.casefold(): each for each in known}
    near = difflib.get_close_matches(name.strip().casefold(), lower, n=1, cutoff=0.7)
    return lower[near[0]] if near else None


def read_schema(answer: Mapping[str, Any]) -> Schema:
    """Return the schema in the answer of `GET /v1/data_sources/{id}`, or of `/v1/databases/{id}` up to 2022-06-28."""
    given = an_object(answer.get("properties"))
    properties = {name: _property(name, each) for name, each in given.items() if is_object(each)}
    return Schema(str(answer.get("id", "")), _plain_text(answer.get("title")), properties)


def _property(name: str, given: dict[str, Any]) -> Property:
    kind = str(given.get("type", ""))
    config = an_object(given.get(kind))
    options = a_list(config.get("options")) if kind in OPTIONS else []
    names = tuple(str(option["name"]) for option in options if is_object(option) and "name" in option)
    return Property(str(given.get("id", name)), name, kind, names)


def _plain_text(items: Any) -> str:
    return "".join(str(an_object(item).get("plain_text", "")) for item in a_list(items))
