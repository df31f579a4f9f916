from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.notion.errors import Json
from local.notion.objects import Block, Comment, DataSource, Item, Page, new_id, timestamp

if TYPE_CHECKING:
    from local.notion.workspace import Workspace


@dataclass(frozen=True)
class Event:
    """Hold what has happened to an object, and what the event says of it beside its parent."""

    type: str
    item: Item
    data: Json


def changed(item: Item, kind: str, trashed: bool | None) -> list[Event]:
    """Return the event of an object that went into the trash or came back, if it did either."""
    if trashed is None or trashed is item.in_trash:
        return []
    return [Event(f"{kind}.{'deleted' if trashed else 'undeleted'}", item, {})]


def content_updated(workspace: Workspace, holder: Item, blocks: list[Block]) -> list[Event]:
    """Return the event of a page whose blocks have changed."""
    page = page_of(workspace, holder)
    if page is None:
        return []
    updated = [{"id": block.id, "type": "block"} for block in blocks]
    return [Event("page.content_updated", page, {"updated_blocks": updated})]


def payload(workspace: Workspace, event: Event, author: Json) -> Json | None:
    """Return the event as Notion tells it, but for the delivery itself; none where no bot may see the object."""
    item = event.item
    seen_by = [bot for bot in workspace.bots.values() if workspace.sees(bot, item)]
    if not seen_by:
        return None
    owners = [{"id": id, "type": kind} for bot in seen_by for id, kind in ((bot.person.id, "person"), (bot.id, "bot"))]
    data = {"parent": _parent(workspace, item), **event.data}
    if isinstance(item, Comment):
        page = page_of(workspace, item)
        data["page_id"] = None if page is None else page.id
    return {
        "id": new_id(),
        "timestamp": timestamp(workspace.clock()),
        "workspace_id": item.space,
        "workspace_name": seen_by[0].person.space.name,
        "integration_id": workspace.integration_id,
        "type": event.type,
        "authors": [author],
        "accessible_by": owners,
        "entity": {"id": item.id, "type": item.kind},
        "data": data,
    }


def page_of(workspace: Workspace, item: Item | None) -> Page | None:
    """Return the page that an object is or stands on."""
    while item is not None and not isinstance(item, Page):
        item = workspace.items.get(item.parent.id)
    return item


def _parent(workspace: Workspace, item: Item) -> Json:
    parent = item.parent
    if parent.kind == "workspace":
        return {"id": item.space, "type": "space"}
    holder = workspace.items[parent.id]
    if isinstance(holder, DataSource):
        return {"id": holder.parent.id, "type": "database", "data_source_id": holder.id}
    return {"id": parent.id, "type": parent.kind}
