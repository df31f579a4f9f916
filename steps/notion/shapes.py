"""Notion's objects, as far as every one of a kind has them; the rest is plain JSON, as Notion documents it."""

from __future__ import annotations

from typing import Any, Generic, Literal, NotRequired, TypeVar

# The standard library's has pydantic refuse a payload that is declared with one of these, before Python 3.12.
from typing_extensions import TypedDict

from steps.parts import an_object

T = TypeVar("T")
Json = dict[str, Any]
Filter = dict[str, Any]
"""A filter of Notion's, such as `{"property": "Paid", "checkbox": {"equals": True}}`."""


class RichText(TypedDict):
    """A piece of text, as Notion answers it."""

    type: Literal["text", "mention", "equation"]
    plain_text: str
    annotations: Json
    href: str | None
    text: NotRequired[Json]
    mention: NotRequired[Json]
    equation: NotRequired[Json]


class Parent(TypedDict, total=False):
    """What something is in."""

    type: str
    page_id: str
    database_id: str
    data_source_id: str
    block_id: str
    workspace: bool


class Object(TypedDict):
    """What every object of Notion has."""

    object: str
    id: str
    request_id: NotRequired[str]


class Made(Object):
    """What everything has that somebody made."""

    parent: Parent
    created_time: str
    created_by: NotRequired[Json]  # a database comes without it
    last_edited_time: str
    last_edited_by: NotRequired[Json]
    in_trash: NotRequired[bool]
    archived: NotRequired[bool]  # before 2026-03-11


class Page(Made):
    """A page, with its properties by name."""

    properties: dict[str, Json]
    url: str
    public_url: NotRequired[str | None]
    icon: Json | None
    cover: Json | None
    is_locked: NotRequired[bool]


class Database(Made):
    """A database: from 2025-09-03 on with its data sources, before with its properties."""

    title: list[RichText]
    description: list[RichText]
    data_sources: NotRequired[list[Json]]
    properties: NotRequired[dict[str, Json]]
    url: str
    icon: Json | None
    cover: Json | None
    is_inline: bool


class DataSource(Made):
    """The rows of a database, and their properties by name; before 2025-09-03 the database itself."""

    title: list[RichText]
    description: NotRequired[list[RichText]]
    properties: dict[str, Json]
    database_parent: NotRequired[Parent]
    url: NotRequired[str]
    icon: NotRequired[Json | None]


class Block(Made):
    """A block; what it holds stands under the name of its `type`, as `content_of` returns it."""

    type: str
    has_children: bool


class User(Object):
    """A person, or a bot such as the connection's own."""

    type: NotRequired[Literal["person", "bot"]]
    name: NotRequired[str | None]
    avatar_url: NotRequired[str | None]
    person: NotRequired[Json]
    bot: NotRequired[Json]


class Comment(Object):
    """A comment, in a discussion on a page or block."""

    parent: Parent
    discussion_id: str
    created_time: str
    created_by: Json
    rich_text: list[RichText]


class FileUpload(Object):
    """A file on its way into Notion; `status` is `pending`, `uploaded`, `expired` or `failed`."""

    status: str
    filename: str | None
    content_type: str | None
    content_length: NotRequired[int | None]
    expiry_time: NotRequired[str | None]


class ResultPage(TypedDict, Generic[T]):
    """One page of results, as Notion answers it."""

    object: str
    results: list[T]
    has_more: bool
    next_cursor: str | None
    request_status: NotRequired[Json]


def content_of(block: Block) -> Json:
    """Return what a block holds, by its type."""
    return an_object(block.get(block["type"]))
