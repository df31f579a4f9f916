"""What the methods of the client take, as Notion names it; a name that is not here is passed on all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from steps.notion.shapes import Parent

Json = Mapping[str, Any]


class PageBody(TypedDict, total=False):
    """A new page."""

    parent: Parent
    properties: Json
    children: Sequence[Json]
    markdown: str
    template: Json
    position: Json
    icon: Json | None
    cover: Json | None


class PageChange(TypedDict, total=False):
    """What changes of a page; None clears it."""

    properties: Json
    icon: Json | None
    cover: Json | None
    in_trash: bool
    is_locked: bool
    template: Json
    erase_content: bool


class DatabaseBody(TypedDict, total=False):
    """A new database; `properties` are those of its first data source."""

    parent: Parent
    title: Sequence[Json]
    description: Sequence[Json]
    properties: Json
    initial_data_source: Json
    icon: Json | None
    cover: Json | None
    is_inline: bool


class DatabaseChange(TypedDict, total=False):
    """What changes of a database; None clears it."""

    parent: Parent
    title: Sequence[Json]
    description: Sequence[Json]
    icon: Json | None
    cover: Json | None
    is_inline: bool
    is_locked: bool
    in_trash: bool


class DataSourceBody(TypedDict, total=False):
    """A new data source of a database."""

    parent: Parent
    title: Sequence[Json]
    properties: Json
    icon: Json | None


class DataSourceChange(TypedDict, total=False):
    """What changes of a data source; None in `properties` removes a property."""

    title: Sequence[Json]
    description: Sequence[Json]
    properties: Json
    icon: Json | None
    in_trash: bool
    parent: Parent


class QueryBody(TypedDict, total=False):
    """Which rows, and in which order; None is left out."""

    filter: Json | None
    sorts: Sequence[Json] | None
    in_trash: bool
    result_type: str


class CommentBody(TypedDict, total=False):
    """A new comment: on a page or block, or in a discussion."""

    parent: Parent
    discussion_id: str
    rich_text: Sequence[Json]
    markdown: str
    attachments: Sequence[Json]
    display_name: Json


class UploadBody(TypedDict, total=False):
    """A new file upload: `mode` is `single_part`, `multi_part` or `external_url`."""

    mode: str
    filename: str
    content_type: str
    number_of_parts: int
    external_url: str
