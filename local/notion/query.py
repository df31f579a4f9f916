from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.notion import checks, filters, properties, reading, shapes
from local.notion.call import Call
from local.notion.checks import an_array, an_object, only
from local.notion.errors import Json, invalid, missing
from local.notion.objects import Database, DataSource, Page, Property
from local.notion.pages import the_source
from local.notion.paging import listed

_KEYS = ("filter", "sorts", "start_cursor", "page_size")
_DIRECTIONS = ("ascending", "descending")


def query_database(call: Call) -> Json:
    """Return the rows of a database, in the version that has no data sources."""
    only(call.body, "body", (*_KEYS, "archived", "in_trash"))
    return _query(call, the_source(call, call.find(Database, "database_id")), "page_or_database")


def query_source(call: Call) -> Json:
    """Return the rows of a data source."""
    older = ("archived",) if call.version.has_archived else ()
    only(call.body, "body", (*_KEYS, "in_trash", "result_type", *older))
    return _query(call, call.find(DataSource, "data_source_id"), "page_or_data_source")


def _query(call: Call, source: DataSource, kind: str) -> Json:
    body = call.body
    trashed = checks.a_boolean(body.get("in_trash", body.get("archived", False)), "body.in_trash")
    found = [item for item in (call.workspace.items[id] for id in source.rows) if isinstance(item, Page)]
    found = [row for row in found if call.workspace.listed(row)]
    # Without sorts there is no promised order: the newest first, so that nobody relies on the oldest.
    rows = [row for row in reversed(found) if row.in_trash is trashed and call.workspace.sees(call.bot, row)]
    if body.get("filter") is not None:
        test = filters.parse(call, source, body["filter"])
        rows = [row for row in rows if test(row)]
    for key, descending in reversed(_sorts(call, source)):
        rows.sort(key=key, reverse=descending)
    return listed(
        call,
        rows,
        lambda row: row.id,
        lambda row: shapes.page(call.workspace, row, call.version, call.chosen),
        kind,
        call.workspace.query_limit,
    )


def _sorts(call: Call, source: DataSource) -> list[tuple[Callable[[Page], Any], bool]]:
    keys: list[tuple[Callable[[Page], Any], bool]] = []
    for index, value in enumerate(an_array(call.body.get("sorts", []), "body.sorts")):
        path = f"body.sorts[{index}]"
        given = an_object(value, path)
        descending = checks.one_of(given.get("direction"), f"{path}.direction", _DIRECTIONS) == "descending"
        if "timestamp" in given:
            only(given, path, ("timestamp", "direction"))
            name = checks.one_of(given["timestamp"], f"{path}.timestamp", ("created_time", "last_edited_time"))
            keys.append((_stamp(name), descending))
            continue
        only(given, path, ("property", "direction"))
        if "property" not in given:
            raise missing(f"{path}.property")
        prop = properties.find(source, checks.a_string(given["property"], f"{path}.property"))
        if prop is None:
            raise invalid(f"Could not find sort property with name or id: {given['property']}")
        keys.append((_ordered(call, prop, descending), descending))
    return keys


def _stamp(name: str) -> Callable[[Page], Any]:
    return lambda page: page.created_time if name == "created_time" else page.last_edited_time


def _ordered(call: Call, prop: Property, descending: bool) -> Callable[[Page], Any]:
    """Return a sort key; rows with nothing in the property come last either way."""
    options = [option["name"] for option in prop.config.get("options", [])]

    def key(page: Page) -> tuple[bool, Any]:
        held = reading.simple(call.workspace, page, prop)
        if held is None or held == "" or held == []:
            return (not descending, 0)
        if prop.type == "date":
            held = checks.instant(held)
        elif prop.type in ("select", "status"):
            held = options.index(held)
        return (descending, held)

    return key
