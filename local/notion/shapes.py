from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from local.notion import properties, reading, rich_text
from local.notion.errors import INTEGRATION, Json
from local.notion.objects import (
    Block,
    Bot,
    Comment,
    Database,
    DataSource,
    FileUpload,
    Item,
    Page,
    Parent,
    Person,
    timestamp,
)
from local.notion.versions import Version
from local.notion.workspace import Workspace


def page(workspace: Workspace, page: Page, version: Version, chosen: Sequence[str] = ()) -> Json:
    """Return a page as that version answers it, with the chosen properties alone if any are."""
    flags = {"is_archived": page.in_trash, "is_locked": page.is_locked} if version.has_data_sources else {}
    return {
        "object": "page",
        **_stamps(page),
        "cover": page.cover,
        "icon": page.icon,
        "parent": _parent(workspace, page.parent, version),
        **_trash(page, version),
        **flags,
        "properties": reading.values_of(workspace, page, chosen),
        "url": _url(page, reading.title(workspace, page)),
        "public_url": None,
    }


def database(workspace: Workspace, database: Database, version: Version) -> Json:
    """Return a database as that version answers it: with its schema inline, or as a container."""
    shape: Json = {
        "object": "database",
        **_stamps(database),
        "title": database.title,
        "description": database.description,
        "is_inline": database.is_inline,
        "icon": database.icon,
        "cover": database.cover,
        "parent": _parent(workspace, database.parent, version),
        **_trash(database, version),
        "url": _url(database),
        "public_url": None,
    }
    sources = workspace.source_of(database)
    if not version.has_data_sources:
        return {**shape, "properties": schema(sources[0], version) if sources else {}}
    # The container names no author, and its times alone are exact.
    shape = {key: value for key, value in shape.items() if not key.endswith("_by")}
    shape |= {"created_time": _exact(database.created_at), "last_edited_time": _exact(database.edited_at)}
    references = [{"id": each.id, "name": rich_text.plain(each.title)} for each in sources]
    return {**shape, "is_locked": database.is_locked, "data_sources": references}


def data_source(workspace: Workspace, source: DataSource, version: Version) -> Json:
    """Return a data source."""
    holder = workspace.items[source.parent.id]
    inline = holder.is_inline if isinstance(holder, Database) else False
    return {
        "object": "data_source",
        **_stamps(source),
        "title": source.title,
        "description": [],
        "is_inline": inline,
        "icon": source.icon,
        "cover": None,
        "parent": {"type": "database_id", "database_id": source.parent.id},
        "database_parent": _parent(workspace, holder.parent, version),
        **_trash(source, version),
        "properties": schema(source, version),
        "url": _url(holder),
        "public_url": None,
    }


def schema(source: DataSource, version: Version) -> Json:
    """Return a data source's properties."""
    return {prop.name: properties.configuration(prop, version) for prop in source.properties.values()}


def block(workspace: Workspace, item: Page | Block | Database, version: Version) -> Json:
    """Return a block; a page or database shows as the block that it is where it stands."""
    if isinstance(item, Block):
        kind, content, children = item.type, item.content, item.children
    elif isinstance(item, Page):
        kind, content, children = "child_page", {"title": reading.title(workspace, item)}, item.children
    else:
        kind, content, children = "child_database", {"title": rich_text.plain(item.title)}, []
    return {
        "object": "block",
        **_stamps(item),
        "parent": _parent(workspace, item.parent, version),
        "has_children": any(not workspace.items[child].in_trash for child in children),
        **_trash(item, version),
        "type": kind,
        kind: content,
    }


def file_upload(upload: FileUpload, version: Version) -> Json:
    """Return a file upload."""
    shape: Json = {
        "object": "file_upload",
        "id": upload.id,
        "created_time": timestamp(upload.created_time),
        "created_by": {"id": upload.created_by, "type": "bot"},
        "last_edited_time": timestamp(upload.last_edited_time),
        "expiry_time": None if upload.expiry_time is None else timestamp(upload.expiry_time),
        **_trash(upload, version),
        "status": upload.status,
        "filename": upload.filename,
        "content_type": upload.content_type,
        "content_length": upload.content_length,
    }
    address = f"https://api.notion.com/v1/file_uploads/{upload.id}"
    if upload.status == "pending":
        shape["upload_url"] = f"{address}/send"
    if upload.mode == "multi_part":
        shape["number_of_parts"] = {"total": upload.total_parts, "sent": len(upload.parts)}
        if upload.status == "pending":
            shape["complete_url"] = f"{address}/complete"
    if upload.imported is not None:
        shape["file_import_result"] = upload.imported
    return shape


def comment(item: Comment) -> Json:
    """Return a comment."""
    kind = f"{item.parent.kind}_id"
    stamps = {key: value for key, value in _stamps(item).items() if key != "last_edited_by"}
    return {
        "object": "comment",
        **stamps,
        "parent": {"type": kind, kind: item.parent.id},
        "discussion_id": item.discussion_id,
        "rich_text": item.rich_text,
        "display_name": item.display_name,
        **({"attachments": item.attachments} if item.attachments else {}),
    }


def user(found: Person | Bot) -> Json:
    """Return a person or a bot."""
    if isinstance(found, Person):
        person = {"email": found.email, "email_verified": True}
        return {**_named(found.id, found.name), "type": "person", "person": person}
    owner = found.person
    return {
        **_named(found.id, INTEGRATION),
        "type": "bot",
        "bot": {
            "owner": {"type": "user", "user": user(owner)},
            "workspace_id": found.space,
            "workspace_name": owner.space.name,
            "workspace_limits": {"max_file_upload_size_in_bytes": 5 * 1024**3},
        },
    }


def _named(id: str, name: str) -> Json:
    return {"object": "user", "id": id, "name": name, "avatar_url": None}


def _stamps(item: Item) -> Json:
    return {
        "id": item.id,
        "created_time": timestamp(item.created_time),
        "last_edited_time": timestamp(item.last_edited_time),
        "created_by": {"object": "user", "id": item.created_by},
        "last_edited_by": {"object": "user", "id": item.last_edited_by},
    }


def _trash(item: Item | FileUpload, version: Version) -> Json:
    if not version.has_data_sources:
        return {"archived": item.in_trash}
    older = {"archived": item.in_trash} if version.has_archived else {}
    return {**older, "in_trash": item.in_trash}


def _parent(workspace: Workspace, parent: Parent, version: Version) -> Json:
    if parent.kind == "workspace":
        return {"type": "workspace", "workspace": True}
    if parent.kind != "data_source":
        return {"type": f"{parent.kind}_id", f"{parent.kind}_id": parent.id}
    database_id = workspace.items[parent.id].parent.id
    if not version.has_data_sources:
        return {"type": "database_id", "database_id": database_id}
    return {"type": "data_source_id", "data_source_id": parent.id, "database_id": database_id}


def _exact(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _url(item: Item, title: str = "") -> str:
    words = [word for word in re.split(r"[^A-Za-z0-9]+", title) if word]
    return f"https://app.notion.com/p/{'-'.join([*words, item.id.replace('-', '')])}"
