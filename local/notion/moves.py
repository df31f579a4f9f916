from __future__ import annotations

from typing import Any

from local.notion import pages, properties, reading, shapes
from local.notion.call import Call
from local.notion.checks import an_object, only, required
from local.notion.errors import Json, invalid
from local.notion.objects import Block, Database, DataSource, Item, Page, Parent, Property
from local.notion.workspace import Workspace


def move(call: Call) -> Json:
    """Move a page under another page, or make it a row of a data source."""
    page, workspace = call.find(Page, "page_id"), call.workspace
    only(call.body, "body", ("parent",))
    given = an_object(required(call.body, "parent", "body"), "body.parent")
    only(given, "body.parent", ("type", "page_id", "data_source_id"))
    holder = pages.holder(call, given)
    if workspace.trashed(page):
        raise invalid(pages.ARCHIVED)
    if holder is None or _within(workspace, holder, page):
        raise invalid("A page cannot be moved into itself or a page below it.")
    held = reading.schema(workspace, page)
    _leave(workspace, page)
    page.values = _carried(page, held, holder)
    page.parent = Parent("data_source" if isinstance(holder, DataSource) else "page", holder.id)
    workspace.add(page)
    workspace.touch(page, call.bot)
    call.note("page.moved", page)
    return shapes.page(workspace, page, call.version)


def _within(workspace: Workspace, holder: Item, page: Page) -> bool:
    walk: Item | None = holder
    while walk is not None:
        if walk is page:
            return True
        walk = workspace.items.get(walk.parent.id)
    return False


def _leave(workspace: Workspace, page: Page) -> None:
    holder = workspace.items.get(page.parent.id)
    if isinstance(holder, DataSource):
        holder.rows.remove(page.id)
    elif isinstance(holder, Page | Block):
        holder.children.remove(page.id)
    elif not isinstance(holder, Database):
        workspace.top[page.space].remove(page.id)


def _carried(page: Page, held: dict[str, Property], holder: Page | DataSource) -> dict[str, Any]:
    """Return the values that a page keeps where it goes: its title, and what has the same name and type there."""
    kept: dict[str, Any] = {"title": page.values.get("title", [])}
    if not isinstance(holder, DataSource):
        return kept
    holder.counter += 1
    for name, prop in holder.properties.items():
        older = held.get(name)
        if prop.type == "unique_id":
            kept[prop.id] = holder.counter
        elif older is None or older.type != prop.type or older.id not in page.values:
            continue
        elif prop.type not in properties.OPTIONS:
            kept[prop.id] = page.values[older.id]
        elif prop is older:
            kept[prop.id] = page.values[prop.id]
    return kept
