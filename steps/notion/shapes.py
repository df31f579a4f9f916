"""Notion's objects, as far as every one of a kind has them; the rest is plain JSON, as Notion documents it."""

from __future__ import annotations

from typing import Any, Generic, Literal, Required, TypedDict, TypeVar

from steps.notion.parts import an_object

T = TypeVar("T")
Json = dict[str, Any]
Filter = dict[str, Any]
"""A filter of Notion's, such as `{"property": "Paid", "checkbox": {"equals": True}}`."""


class RichText(TypedDict, total=False):
    """A piece of text."""

    type: Literal["text", "mention", "equation"]
    text: Json
    mention: Json
    equation: Json
    annotations: Json
    plain_text: str
    href: str | None


class Parent(TypedDict, total=False):
    """What something is in."""

    type: str
    page_id: str
    database_id: str
    data_source_id: str
    block_id: str
    workspace: bool


class Object(TypedDict, total=False):
    """What every object of Notion has."""

    object: Required[str]
    id: Required[str]
    created_time: str
    created_by: Json
    last_edited_time: str
    last_edited_by: Json
    request_id: str


class Placed(Object, total=False):
    """What everything that lies somewhere has; before 2026-03-11 `archived` says whether it is in the trash."""

    parent: Parent
    in_trash: bool
    archived: bool


class Page(Placed, total=False):
    """A page, with its properties by name."""

    properties: Required[dict[str, Json]]
    url: str
    public_url: str | None
    icon: Json | None
    cover: Json | None
    is_locked: bool


class Database(Placed, total=False):
    """A database: from 2025-09-03 on with its data sources, before with its properties."""

    title: list[RichText]
    description: list[RichText]
    data_sources: list[Json]
    properties: dict[str, Json]
    url: str
    icon: Json | None
    cover: Json | None
    is_inline: bool


class DataSource(Placed, total=False):
    """The rows of a database, and their properties by name; before 2025-09-03 the database itself."""

    properties: Required[dict[str, Json]]
    title: list[RichText]
    description: list[RichText]
    database_parent: Parent
    url: str
    icon: Json | None


class Block(Placed, total=False):
    """A block; what it holds stands under the name of its `type`, as `content_of` returns it."""

    type: Required[str]
    has_children: bool


class User(TypedDict, total=False):
    """A person, or a bot such as the connection's own."""

    object: Required[str]
    id: Required[str]
    type: Literal["person", "bot"]
    name: str | None
    avatar_url: str | None
    person: Json
    bot: Json


class Comment(Object, total=False):
    """A comment, in a discussion on a page or block."""

    parent: Parent
    discussion_id: str
    rich_text: list[RichText]


class FileUpload(Object, total=False):
    """A file on its way into Notion: `pending`, `uploaded`, `expired` or `failed`."""

    status: str
    filename: str | None
    content_type: str | None
    content_length: int | None
    expiry_time: str | None


class ResultPage(TypedDict, Generic[T], total=False):
    """One page of results, as Notion answers it."""

    object: str
    results: Required[list[T]]
    has_more: bool
    next_cursor: str | None
    request_status: Json


def content_of(block: Block) -> Json:
    """Return what a block holds, by its type."""
    return an_object(block.get(block["type"]))
