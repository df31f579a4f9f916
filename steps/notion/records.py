"""What one call about records asks for, and what it answers; the rows of a database as plain values."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from steps.http import OutsideCall
from steps.notion.out import plain_values

Action = Literal["create", "update", "upsert", "find", "key"]


class RecordRequest(OutsideCall):
    """Write or find records, by the connection's handle; `run` is the run that asks, also where its child does.

    `database` is the id of a database or of a data source, `key` the property that tells one record from every other,
    `more` what a new page gets beside its properties, or a search beside its filter.
    """

    handle: str
    action: Action
    version: str | None = None
    database: str | None = None
    page: str | None = None
    values: dict[str, Any] = Field(default_factory=dict)
    key: str | None = None
    more: dict[str, Any] = Field(default_factory=dict)
    run: str = ""


class RecordKey(BaseModel):
    """What the property of a key is: of which data source, and of what type."""

    source: str
    id: str
    name: str
    type: str


class RecordAnswer(BaseModel):
    """The pages that were written or found. `others` have the key of the one that was updated, too."""

    pages: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])
    created: bool = False
    others: list[str] = Field(default_factory=list[str])
    next_cursor: str | None = None
    incomplete: bool = False
    key: RecordKey | None = None


class Record(dict[str, Any]):
    """A row of a database: its values by the properties' names, as plain values.

    `page` is the page as Notion answered it, `created` whether this very call made it.
    """

    def __init__(self, page: dict[str, Any], *, created: bool = False) -> None:
        super().__init__(plain_values(page))
        self.page, self.created = page, created

    @property
    def id(self) -> str:
        """The page's id."""
        return str(self.page["id"])

    @property
    def url(self) -> str:
        """Where people open the page."""
        return str(self.page.get("url") or "")

    def __repr__(self) -> str:
        return f"<record {self.id}: {super().__repr__()}>"
