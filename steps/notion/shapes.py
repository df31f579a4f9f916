"""The objects of Notion's API, as far as every one of a kind has the same fields; the rest is at hand by name.

Source: developers.notion.com/reference (page-object, database, data-source, block, user, comment-object, file-upload).
"""

from __future__ import annotations

from typing import Any, Required, TypedDict

JSON = dict[str, Any]


class NotionObject(TypedDict, total=False):
    """What objects of every kind have."""

    object: Required[str]
    id: Required[str]
    created_time: str
    last_edited_time: str
    created_by: JSON
    parent: Required[JSON]
    request_id: str


class Page(NotionObject, total=False):
    """A page, which may be a row of a database."""

    properties: Required[dict[str, JSON]]
    url: Required[str]
    public_url: str | None
    icon: JSON | None
    cover: JSON | None
    in_trash: bool
    archived: bool


class Database(NotionObject, total=False):
    """A database: since 2025-09-03 a container of data sources, before that with its `properties`."""

    title: Required[list[JSON]]
    description: list[JSON]
    data_sources: list[JSON]
    properties: dict[str, JSON]
    url: str
    is_inline: bool
    in_trash: bool


class DataSource(NotionObject, total=False):
    """The rows of a database, and their schema in `properties`."""

    title: list[JSON]
    properties: Required[dict[str, JSON]]
    url: str
    in_trash: bool


class Block(NotionObject, total=False):
    """A block; what it holds is under the name of its `type`."""

    type: Required[str]
    has_children: bool
    in_trash: bool


class User(TypedDict, total=False):
    """A person or a bot."""

    object: Required[str]
    id: Required[str]
    type: str
    name: str | None
    avatar_url: str | None
    person: JSON
    bot: JSON


class Comment(NotionObject, total=False):
    """A comment on a page or a block."""

    discussion_id: str
    rich_text: list[JSON]


class FileUpload(TypedDict, total=False):
    """A file on its way into Notion; `status` is pending, uploaded, expired or failed."""

    object: Required[str]
    id: Required[str]
    status: Required[str]
    created_time: str
    expiry_time: str | None
    filename: str | None
    content_type: str | None
    content_length: int | None
    number_of_parts: JSON
