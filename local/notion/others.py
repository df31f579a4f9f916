from __future__ import annotations

from typing import cast

from local.notion import reading, rich_text, shapes
from local.notion.call import Call
from local.notion.checks import an_object, one_of, only
from local.notion.errors import Json, failed, object_not_found
from local.notion.objects import Bot, Database, DataSource, Item, Page, Person
from local.notion.paging import listed


def me(call: Call) -> Json:
    """Return the bot that the token speaks for."""
    return shapes.user(call.bot)


def users(call: Call) -> Json:
    """Return the people and bots of the workspace."""
    people = [each for each in call.workspace.people.values() if each.space.id == call.bot.space]
    found: list[Person | Bot] = [*people, call.bot]
    return listed(call, found, lambda each: each.id, shapes.user, "user")


def user(call: Call) -> Json:
    """Return one person or bot."""
    id = call.id("user_id")
    found = call.workspace.user(call.bot.space, id)
    if found is None:
        raise object_not_found("user", id, call.workspace.integration_id)
    return shapes.user(found)


def search(call: Call) -> Json:
    """Return the pages and databases whose title holds a text, last edited first."""
    body = call.body
    only(body, "body", ("query", "filter", "sort", "start_cursor", "page_size"))
    sought = body.get("query", "")
    if not isinstance(sought, str):
        raise failed("body.query", "a string", sought)
    holder = Database if not call.version.has_data_sources else DataSource
    wanted = _wanted(call, call.version.row_kind)
    kinds = {"page": (Page,), call.version.row_kind: (holder,)}.get(wanted, (Page, holder))
    items = [item for item in call.workspace.items.values() if isinstance(item, kinds) and not item.in_trash]
    items = [item for item in items if sought.casefold() in _title(call, item).casefold()]
    items = [item for item in items if call.workspace.listed(item) and call.workspace.sees(call.bot, item)]
    items.sort(key=lambda item: item.edited_at, reverse=_newest_first(call))
    kind = f"page_or_{call.version.row_kind}"
    return listed(call, items, lambda item: item.id, lambda item: _shape(call, item), kind, call.workspace.query_limit)


def _wanted(call: Call, row_kind: str) -> str:
    if call.body.get("filter") is None:
        return ""
    given = an_object(call.body["filter"], "body.filter")
    only(given, "body.filter", ("property", "value"))
    one_of(given.get("property"), "body.filter.property", ("object",))
    return one_of(given.get("value"), "body.filter.value", ("page", row_kind))


def _newest_first(call: Call) -> bool:
    if call.body.get("sort") is None:
        return True
    given = an_object(call.body["sort"], "body.sort")
    only(given, "body.sort", ("timestamp", "direction"))
    one_of(given.get("timestamp"), "body.sort.timestamp", ("last_edited_time",))
    return one_of(given.get("direction"), "body.sort.direction", ("ascending", "descending")) == "descending"


def _title(call: Call, item: Item) -> str:
    if isinstance(item, Page):
        return reading.title(call.workspace, item)
    return rich_text.plain(item.title) if isinstance(item, Database | DataSource) else ""


def _shape(call: Call, item: Item) -> Json:
    if isinstance(item, Page):
        return shapes.page(call.workspace, item, call.version)
    if isinstance(item, Database):
        return shapes.database(call.workspace, item, call.version)
    return shapes.data_source(call.workspace, cast(DataSource, item), call.version)  # search finds nothing else
