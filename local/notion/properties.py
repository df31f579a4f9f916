from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import quote, unquote

from local.notion import checks
from local.notion.checks import a_string, an_array, an_id, an_object, only, required
from local.notion.errors import Json, failed, invalid, missing
from local.notion.objects import DataSource, Property, new_id
from local.notion.versions import Version

TEXTS = ("title", "rich_text")
LISTS = ("title", "rich_text", "people", "relation")
OPTIONS = ("select", "multi_select", "status")
COMPUTED = ("formula", "created_time", "created_by", "last_edited_time", "last_edited_by", "unique_id")
PLAIN = ("title", "rich_text", "url", "people", "files", "email", "phone_number", "date", "checkbox")
TYPES = (*PLAIN, "number", *OPTIONS, "relation", *COMPUTED)

_COLORS = ("default", "gray", "brown", "orange", "yellow", "green", "blue", "purple", "pink", "red")
# Real ids hold such characters, and stand URL-encoded in the schema.
_ID_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz@;:|`<>^~"
_STATUS_GROUPS = (("To-do", "gray"), ("In progress", "blue"), ("Complete", "green"))


def property_id() -> str:
    """Return a fresh property id, URL-encoded as Notion shows it."""
    return quote("".join(secrets.choice(_ID_CHARACTERS) for _ in range(4)), safe="")


def find(source: DataSource, key: str) -> Property | None:
    """Return the property of that name or id; an id may come encoded or not."""
    if key in source.properties:
        return source.properties[key]
    for prop in source.properties.values():
        if key in (prop.id, unquote(prop.id)):
            return prop
    return None


def option(name: str, color: str = "default", description: str | None = None) -> Json:
    """Return a fresh option of a select, multi-select or status."""
    return {"id": new_id(), "name": name, "color": color, "description": description}


def option_name(value: object, path: str) -> str:
    """Return an option's name; Notion refuses commas and more than 100 characters."""
    name = a_string(value, path, 100)
    if not name:
        raise failed(path, "a non-empty string", value)
    if "," in name:
        raise invalid(f"Invalid select option, commas not allowed: {name}")
    return name


def parse(name: str, value: object, path: str, *, known: Property | None = None) -> Property:
    """Return the property that a configuration describes, or refuse; `known` is the one that it changes."""
    given = an_object(value, path)
    kinds = [kind for kind in TYPES if kind in given]
    if not kinds:
        raise missing(f"{path}.{given.get('type', 'title')}")
    kind = kinds[0]
    only(given, path, ("id", "name", "type", "description", kind))
    checks.one_of(given.get("type", kind), f"{path}.type", (kind,))
    description = given.get("description")
    config = _config(kind, an_object(given[kind], f"{path}.{kind}"), f"{path}.{kind}", known)
    id = known.id if known else "title" if kind == "title" else property_id()
    return Property(
        id, name, kind, config, None if description is None else a_string(description, f"{path}.description")
    )


def configuration(prop: Property, version: Version) -> Json:
    """Return a property as the schema shows it."""
    config = prop.config
    if prop.type == "relation" and not version.has_data_sources:
        config = {key: value for key, value in config.items() if key != "data_source_id"}
    shape = {"id": prop.id, "name": prop.name, "type": prop.type, prop.type: config}
    return {**shape, "description": prop.description} if version.has_data_sources else shape


def _config(kind: str, given: Json, path: str, known: Property | None) -> Json:
    if kind == "number":
        only(given, path, ("format",))
        return {"format": a_string(given.get("format", "number"), f"{path}.format")}
    if kind == "formula":
        only(given, path, ("expression",))
        return {"expression": a_string(required(given, "expression", path), f"{path}.expression")}
    if kind in OPTIONS:
        return _options(kind, given, path, known.config if known and known.type == kind else None)
    if kind == "unique_id":
        only(given, path, ("prefix",))
        return {"prefix": given.get("prefix")}
    if kind == "relation":
        return _relation(given, path)
    only(given, path, ())
    return {}


def _options(kind: str, given: Json, path: str, known: Json | None) -> Json:
    only(given, path, ("options", "groups"))
    older: list[Json] = known["options"] if known else []
    if "options" not in given and known:
        return known
    # The array replaces what was there: an option that it leaves out is gone.
    options = [
        _option(each, f"{path}.options[{index}]", older)
        for index, each in enumerate(an_array(given.get("options", []), f"{path}.options"))
    ]
    if kind != "status":
        return {"options": options}
    if not options:
        options = [option("Not started"), option("In progress", "blue"), option("Done", "green")]
    groups: list[Json] = [
        {"id": new_id(), "name": name, "color": color, "option_ids": []} for name, color in _STATUS_GROUPS
    ]
    # Groups cannot be chosen by the API: every option lands in the first one.
    groups[0]["option_ids"] = [each["id"] for each in options]
    return {"options": options, "groups": groups}


def _option(value: Any, path: str, older: list[Json]) -> Json:
    given = an_object(value, path)
    only(given, path, ("id", "name", "color", "description"))
    for each in older:
        if given.get("id") == each["id"] or given.get("name") == each["name"]:
            return each
    name = option_name(required(given, "name", path), f"{path}.name")
    color = checks.one_of(given.get("color", "default"), f"{path}.color", _COLORS)
    return option(name, color, given.get("description"))


def _relation(given: Json, path: str) -> Json:
    only(given, path, ("data_source_id", "database_id", "type", "single_property", "dual_property"))
    if "single_property" not in given:
        raise missing(f"{path}.single_property")
    target: Json = {
        key: an_id(given[key], f"{path}.{key}") for key in ("data_source_id", "database_id") if key in given
    }
    if not target:
        raise missing(f"{path}.data_source_id")
    return {**target, "type": "single_property", "single_property": {}}
