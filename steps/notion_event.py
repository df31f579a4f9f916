"""When a workflow runs because something happened in Notion: `on = NotionEvent("page.created")` in its class."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from steps.errors import DefinitionInvalid
from steps.parts import an_object

# What Notion sends, by the kind of thing that it happened to.
# Source: developers.notion.com/reference/webhooks-events-delivery
EVENTS: Mapping[str, tuple[str, ...]] = {
    "page": (
        "created", "content_updated", "properties_updated", "deleted", "undeleted", "moved", "locked", "unlocked",
    ),
    "data_source": ("created", "content_updated", "schema_updated", "moved", "deleted", "undeleted"),
    # The two updates are deprecated: since 2025-09-03 they are those of the data source.
    "database": ("created", "moved", "deleted", "undeleted", "content_updated", "schema_updated"),
    "comment": ("created", "updated", "deleted"),
    "file_upload": ("created", "completed", "expired", "upload_failed"),
    "view": ("created", "updated", "deleted"),
}  # fmt: skip
TYPES = tuple(f"{kind}.{name}" for kind, names in EVENTS.items() for name in names)
FAMILIES = tuple(f"{kind}.*" for kind in EVENTS)
_HANDLE = re.compile(r"[a-z0-9-]{1,63}")
_ID = re.compile(r"[0-9a-f]{32}")


class NotionEvent:
    """Run on events of these types: one by name, `"page.*"` for all of a kind, also those that Notion adds later.

    `connection` is the handle of the only connection whose events count; without it, each connection that an event is
    for has a run of its own. `data_source` is the id of the data source, database or page that the thing is in, or
    that the event is about; with dashes or without.

    Raises:
        DefinitionInvalid: with what to write instead.
    """

    __slots__ = ("connection", "data_source", "types")

    types: tuple[str, ...]
    connection: str | None
    data_source: str | None

    def __init__(self, *types: str, connection: str | None = None, data_source: str | None = None) -> None:
        set_once = super().__setattr__
        set_once("types", _types(types))
        set_once("connection", _connection(connection))
        set_once("data_source", _data_source(data_source))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"A NotionEvent cannot be changed; make another one to have another {name}.")

    @property
    def words(self) -> str:
        """What it runs on, in words."""
        within = f" in {self.data_source}" if self.data_source else ""
        through = f" through {self.connection}" if self.connection else ""
        return f"{' or '.join(self.types)}{within}{through}"

    def __repr__(self) -> str:
        return f"<Notion's events: {self.words}>"

    def wants(self, event: Mapping[str, Any], handle: str) -> bool:
        """Tell whether this event, which came for the connection of this handle, is one of them."""
        kind = str(event.get("type"))
        if not any(kind == one or (one.endswith(".*") and kind.startswith(one[:-1])) for one in self.types):
            return False
        if self.connection not in (None, handle):
            return False
        return self.data_source is None or self.data_source in _places(event)


def plain_id(value: object) -> str:
    """Return an id of Notion without its dashes, in lower case; two spellings of one id are then the same."""
    return value.replace("-", "").lower() if isinstance(value, str) else ""


def _places(event: Mapping[str, Any]) -> Iterator[str]:
    """Give the ids of what the event is about and of what that is in."""
    data, entity = an_object(event.get("data")), an_object(event.get("entity"))
    parent = an_object(data.get("parent"))
    return map(plain_id, (parent.get("data_source_id"), parent.get("id"), entity.get("id")))


def _types(given: tuple[object, ...]) -> tuple[str, ...]:
    if not given:
        raise DefinitionInvalid('NotionEvent(...) needs a type, such as NotionEvent("page.properties_updated").')
    for one in given:
        if one in TYPES or one in FAMILIES:
            continue
        near = difflib.get_close_matches(str(one), (*TYPES, *FAMILIES), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"It has: {', '.join(TYPES)}; and for all of a kind 'page.*'."
        raise DefinitionInvalid(f"Notion has no event {str(one)[:80]!r}. {hint}")
    return tuple(dict.fromkeys(map(str, given)))


def _connection(given: object) -> str | None:
    if given is None or (isinstance(given, str) and _HANDLE.fullmatch(given)):
        return given
    raise DefinitionInvalid(
        f"NotionEvent(connection=...) is the handle of a connection, such as 'my-notion', not {str(given)[:80]!r}."
    )


def _data_source(given: object) -> str | None:
    if given is None:
        return None
    if _ID.fullmatch(plain := plain_id(given)):
        return plain
    raise DefinitionInvalid(
        "NotionEvent(data_source=...) is the id of a data source, database or page: 32 hexadecimal digits, with dashes "
        f"or without, not {str(given)[:80]!r}."
    )
