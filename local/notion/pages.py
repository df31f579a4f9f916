from __future__ import annotations

from typing import Any

from local.notion import blocks, checks, events, files, properties, reading, rich_text, shapes, values
from local.notion.call import Call, ItemT
from local.notion.checks import a_boolean, an_id, an_object, only, required
from local.notion.errors import Json, invalid, missing
from local.notion.objects import Database, DataSource, Page, Parent
from local.notion.paging import listed

ARCHIVED = "Can't edit block that is archived. You must unarchive the block before editing."
_PARENTS = ("page_id", "database_id", "data_source_id", "workspace")


def create(call: Call) -> Json:
    """Create a page under a page or as a row."""
    body = call.body
    only(body, "body", ("parent", "properties", "children", "icon", "cover"))
    above = holder(call, an_object(required(body, "parent", "body"), "body.parent"))
    decoration = decorations(call)
    children = blocks.parse_many(call, body.get("children", []), "body.children")
    written = _written(call, above)  # last of the checks: it makes the select options that are new
    author = call.bot.id
    if isinstance(above, DataSource):
        page = call.workspace.add_row(above, author, written)
    else:
        parent = Parent("workspace") if above is None else Parent("page", above.id)
        page = call.workspace.add(Page(**call.workspace.stamps(call.bot.space, author, parent), values=written))
        if above is None:
            call.bot.shared.add(page.id)
    for key, value in decoration.items():
        setattr(page, key, value)
    blocks.attach(call, page, children)
    call.note("page.created", page)
    return shapes.page(call.workspace, page, call.version, call.chosen)


def retrieve(call: Call) -> Json:
    """Return a page."""
    return shapes.page(call.workspace, call.find(Page, "page_id"), call.version, call.chosen)


def update(call: Call) -> Json:
    """Change a page's properties, its looks, or whether it is in the trash."""
    page, body = call.find(Page, "page_id"), call.body
    flags = (*trash_keys(call), *(("is_archived", "is_locked") if call.version.has_data_sources else ()))
    only(body, "body", ("properties", "icon", "cover", *flags))
    trashed = wanted_trash(call)
    if page.in_trash and trashed is not False:
        raise invalid(ARCHIVED)
    decoration = decorations(call)
    locked = a_boolean(body.get("is_locked", page.is_locked), "body.is_locked")
    written = _written(call, call.workspace.items.get(page.parent.id))
    page.values.update(written)
    if written:
        call.note("page.properties_updated", page, updated_properties=list(written))
    if locked is not page.is_locked:
        call.note("page.locked" if locked else "page.unlocked", page)
    page.is_locked = locked
    for key, value in decoration.items():
        setattr(page, key, value)
    call.events += events.changed(page, "page", trashed)
    page.in_trash = page.in_trash if trashed is None else trashed
    call.workspace.touch(page, call.bot)
    return shapes.page(call.workspace, page, call.version, call.chosen)


def property_item(call: Call) -> Json:
    """Return one property of a page: a value, or a page of a list."""
    page = call.find(Page, "page_id")
    key = call.path["property_id"]
    found = next((each for each in reading.schema(call.workspace, page).values() if key in (each.id, each.name)), None)
    source = call.workspace.items.get(page.parent.id)
    if found is None and isinstance(source, DataSource):
        found = properties.find(source, key)
    if found is None:
        raise invalid(f"{key} is not a property that exists.")
    head = {"object": "property_item", "id": found.id, "type": found.type}
    held = reading.value(call.workspace, page, found)
    if not checks.is_array(held) or found.type not in properties.LISTS:
        return {**head, found.type: held}
    numbered = list(enumerate(held))
    answer = listed(
        call, numbered, lambda each: str(each[0]), lambda each: {**head, found.type: each[1]}, "property_item"
    )
    cursor = answer["next_cursor"]
    next_url = f"https://api.notion.com{call.url}?start_cursor={cursor}" if cursor else None
    return {**answer, "property_item": {"id": found.id, "type": found.type, found.type: {}, "next_url": next_url}}


def decorations(call: Call) -> Json:
    """Return the icon and cover that a body sets, or refuse."""
    found: Json = {}
    for key in ("icon", "cover"):
        if key in call.body:
            value = call.body[key]
            found[key] = None if value is None else _decoration(call, value, f"body.{key}", key)
    return found


def trash_keys(call: Call) -> tuple[str, ...]:
    """Return the names that a version knows for being in the trash."""
    return ("in_trash", "archived") if call.version.has_archived else ("in_trash",)


def wanted_trash(call: Call) -> bool | None:
    """Return whether a body puts its object into the trash, or takes it out."""
    keys = (*trash_keys(call), "is_archived")
    wanted = [a_boolean(call.body[key], f"body.{key}") for key in keys if key in call.body]
    return wanted[0] if wanted else None


def the_source(call: Call, database: Database) -> DataSource:
    """Return the one data source of a database, as the old version needs it, or refuse."""
    sources = call.workspace.source_of(database)
    if len(sources) == 1:
        return sources[0]
    raise invalid(
        "Databases with multiple data sources are not supported in this API version.",
        {
            "error_type": "multiple_data_sources_for_database",
            "database_id": database.id,
            "child_data_source_ids": [each.id for each in sources],
            "minimum_api_version": "2025-09-03",
        },
    )


def holder(call: Call, parent: Json) -> DataSource | Page | None:
    """Return what a parent names, or none for the workspace itself; refuse what cannot hold a page."""
    only(parent, "body.parent", ("type", *_PARENTS))
    kind = next((key for key in _PARENTS if key in parent), None)
    if kind is None or parent.get("type", kind) != kind:
        raise missing(f"body.parent.{parent.get('type') or call.version.row_kind + '_id'}")
    if kind == "workspace":
        return None
    id = an_id(parent[kind], f"body.parent.{kind}")
    if kind == "page_id":
        return _alive(call, call.workspace.find(call.bot, Page, id))
    if kind == "data_source_id":
        return _alive(call, call.workspace.find(call.bot, DataSource, id))
    if call.version.has_data_sources:
        raise missing("body.parent.data_source_id")
    return the_source(call, _alive(call, call.workspace.find(call.bot, Database, id)))


def _alive(call: Call, holder: ItemT) -> ItemT:
    if call.workspace.trashed(holder):
        raise invalid(ARCHIVED)
    return holder


def _written(call: Call, holder: object) -> dict[str, Any]:
    given = call.body.get("properties", {})
    if isinstance(holder, DataSource):
        return values.parse(call, holder, given)
    return _title_only(given)


def _title_only(given: object) -> dict[str, Any]:
    """Return the title of a page that is no row: the one property that it has."""
    found = an_object(given, "body.properties")
    for key in found:
        if key != "title":
            raise invalid(f"{key} is not a property that exists.")
    if "title" not in found:
        return {}
    title = found["title"]
    if isinstance(title, list):
        return {"title": rich_text.parse(found["title"], "body.properties.title")}
    title = an_object(title, "body.properties.title")
    only(title, "body.properties.title", ("id", "type", "title"))
    items = required(title, "title", "body.properties.title")
    return {"title": rich_text.parse(items, "body.properties.title.title")}


def _decoration(call: Call, value: object, path: str, key: str) -> Json:
    given = an_object(value, path)
    if key == "icon" and "emoji" in given:
        only(given, path, ("type", "emoji"))
        return {"type": "emoji", "emoji": blocks.url(given["emoji"], f"{path}.emoji")}
    only(given, path, ("type", "external", "file_upload"))
    return files.parse(call, given, path)
