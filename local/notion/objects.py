from __future__ import annotations

import math
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from local.notion.errors import Json

ParentKind = Literal["workspace", "page", "block", "database", "data_source"]


class Parent(NamedTuple):
    """Name what holds an object."""

    kind: ParentKind
    id: str = ""


@dataclass(kw_only=True)
class Item:
    """Hold what every object of a workspace has.

    `made` counts while new objects take their time to be found; one that was made at any other time is found at once.
    """

    id: str
    space: str
    parent: Parent
    created_at: datetime
    created_by: str
    edited_at: datetime
    last_edited_by: str
    in_trash: bool = False
    made: float = -math.inf

    kind = "item"

    @property
    def created_time(self) -> datetime:
        """Return when the object was made, to the minute."""
        return minute(self.created_at)

    @property
    def last_edited_time(self) -> datetime:
        """Return when the object was changed last, to the minute."""
        return minute(self.edited_at)


@dataclass(kw_only=True)
class Page(Item):
    """Hold a page: its values are by property id, so that a renamed property keeps them."""

    values: dict[str, Any]
    children: list[str] = field(default_factory=list[str])
    icon: Json | None = None
    cover: Json | None = None
    is_locked: bool = False

    kind = "page"


@dataclass(kw_only=True)
class Block(Item):
    """Hold a block: its type and that type's content, as Notion answers it."""

    type: str
    content: Json
    children: list[str] = field(default_factory=list[str])

    kind = "block"


@dataclass(kw_only=True)
class Database(Item):
    """Hold a database, the container of data sources."""

    title: list[Json]
    description: list[Json] = field(default_factory=list[Json])
    is_inline: bool = False
    is_locked: bool = False
    icon: Json | None = None
    cover: Json | None = None
    data_sources: list[str] = field(default_factory=list[str])

    kind = "database"


@dataclass
class Property:
    """Hold one column of a data source's schema."""

    id: str
    name: str
    type: str
    config: Json
    description: str | None = None


@dataclass(kw_only=True)
class DataSource(Item):
    """Hold a data source: a schema and the ids of its rows, oldest first."""

    title: list[Json]
    icon: Json | None = None
    properties: dict[str, Property] = field(default_factory=dict[str, Property])
    rows: list[str] = field(default_factory=list[str])
    counter: int = 0

    kind = "data_source"


@dataclass(kw_only=True)
class Comment(Item):
    """Hold a comment on a page or a block."""

    discussion_id: str
    rich_text: list[Json]
    display_name: Json
    attachments: list[Json] = field(default_factory=list[Json])

    kind = "comment"


@dataclass(kw_only=True)
class FileUpload:
    """Hold a file on its way into the workspace; once it is attached it has no expiry any more."""

    id: str
    space: str
    created_time: datetime
    created_by: str
    last_edited_time: datetime
    expiry_time: datetime | None
    mode: str
    filename: str | None
    content_type: str | None
    total_parts: int
    external_url: str | None
    in_trash: bool = False
    status: str = "pending"
    content_length: int | None = None
    parts: dict[int, int] = field(default_factory=dict[int, int])
    imported: Json | None = None


@dataclass(frozen=True)
class Space:
    """Name a Notion workspace: one stand-in holds several, each sees only its own."""

    id: str
    name: str


@dataclass(frozen=True)
class Person:
    """Name a person of one workspace."""

    id: str
    name: str
    space: Space

    @property
    def email(self) -> str:
        """Return the person's address."""
        return self.name.lower().replace(" ", ".") + "@example.com"


@dataclass
class Bot:
    """Hold what a person has shared with the integration: one page set per person and workspace."""

    id: str
    person: Person
    shared: set[str] = field(default_factory=set[str])
    hidden: set[str] = field(default_factory=set[str])

    @property
    def space(self) -> str:
        """Return the id of the bot's workspace."""
        return self.person.space.id


def new_id() -> str:
    """Return a fresh id."""
    return str(uuid.uuid4())


def minute(moment: datetime) -> datetime:
    """Return a moment as Notion tells it of nearly every object: rounded down to the minute."""
    return moment.replace(second=0, microsecond=0)


def timestamp(moment: datetime) -> str:
    """Return a moment as Notion prints it: milliseconds, and Z for UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
