from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from local.notion import checks, rich_text, values
from local.notion.errors import Json
from local.notion.objects import DataSource, Page, Property, timestamp

if TYPE_CHECKING:
    from local.notion.workspace import Workspace

MAX_REFERENCES = 25

# The one kind of formula that the stand-in computes: properties and quoted text, joined by +.
_TERM = re.compile(r'\s*(?:prop\("(?P<name>[^"]+)"\)|"(?P<text>[^"]*)")\s*')


def schema(workspace: Workspace, page: Page) -> dict[str, Property]:
    """Return the properties that a page has: those of its data source, or a title alone."""
    if page.parent.kind == "data_source":
        source = workspace.items[page.parent.id]
        if isinstance(source, DataSource):
            return source.properties
    return {"title": Property("title", "title", "title", {})}


def value(workspace: Workspace, page: Page, prop: Property) -> Any:
    """Return what a property of a page holds, as Notion answers it."""
    if prop.type in ("created_time", "last_edited_time"):
        return timestamp(page.created_time if prop.type == "created_time" else page.last_edited_time)
    if prop.type in ("created_by", "last_edited_by"):
        return {"object": "user", "id": page.created_by if prop.type == "created_by" else page.last_edited_by}
    if prop.type == "formula":
        return {"type": "string", "string": _formula(workspace, page, prop)}
    stored = page.values.get(prop.id, values.empty(prop.type))
    if prop.type == "unique_id":
        return {"prefix": prop.config["prefix"], "number": stored}
    if prop.type in ("select", "status"):
        return None if stored is None else _option(prop, stored)
    if prop.type == "multi_select":
        return [option for option in (_option(prop, id) for id in stored) if option]
    return stored


def values_of(workspace: Workspace, page: Page, chosen: Sequence[str] = ()) -> dict[str, Json]:
    """Return a page's properties as Notion answers them, or those alone whose ids are chosen."""
    return {
        name: {"id": prop.id, "type": prop.type, **_shortened(prop.type, value(workspace, page, prop))}
        for name, prop in schema(workspace, page).items()
        if not chosen or prop.id in chosen or unquote(prop.id) in chosen
    }


def _shortened(kind: str, held: Any) -> Json:
    """Return a value as a page shows it: the first 25 of a long list, whose rest is behind the property's endpoint."""
    if kind not in ("relation", "people"):
        return {kind: held}
    more = {"has_more": len(held) > MAX_REFERENCES} if kind == "relation" else {}
    return {kind: held[:MAX_REFERENCES], **more}


def simple(workspace: Workspace, page: Page, prop: Property) -> Any:
    """Return what a property holds as one would say it: text, a number, an option's name, a date."""
    held = value(workspace, page, prop)
    if prop.type in ("title", "rich_text"):
        return rich_text.plain(held)
    if prop.type == "multi_select":
        return [option["name"] for option in held]
    if prop.type in ("people", "relation"):
        return [each["id"] for each in held]
    if prop.type == "files":
        return [each["name"] for each in held]
    if not checks.is_object(held):
        return held
    keys = {"select": "name", "status": "name", "date": "start", "formula": "string", "unique_id": "number"}
    return held[keys.get(prop.type, "id")]


def title(workspace: Workspace, page: Page) -> str:
    """Return a page's title as plain text."""
    for prop in schema(workspace, page).values():
        if prop.type == "title":
            return simple(workspace, page, prop)
    return ""


def _option(prop: Property, id: str) -> Json | None:
    for option in prop.config["options"]:
        if option["id"] == id:
            return {key: option[key] for key in ("id", "name", "color")}
    return None


def _formula(workspace: Workspace, page: Page, prop: Property) -> str | None:
    properties = schema(workspace, page)
    parts: list[str] = []
    for term in prop.config["expression"].split("+"):
        match = _TERM.fullmatch(term)
        if match is None:
            return None
        if match["name"] is None:
            parts.append(match["text"])
        elif match["name"] in properties and properties[match["name"]].type != "formula":
            held = simple(workspace, page, properties[match["name"]])
            parts.append("" if held is None else str(held))
        else:
            return None
    return "".join(parts)
