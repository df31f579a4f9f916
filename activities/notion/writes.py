from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a request does, as far as it matters to whoever might send it twice."""

    READ = "read"
    REPEATABLE = "repeatable"
    """Nothing more when it is made twice."""
    TRASH = "trash"
    """Refused the second time; the object then tells that it is in the trash."""
    UPLOAD = "upload"
    """The bytes of an upload, or its end: refused the second time, and the upload tells that it is there."""
    PAGE = "page"
    APPEND = "append"
    COMMENT = "comment"
    DATABASE = "database"
    DATA_SOURCE = "data source"
    UNKNOWN = "unknown"
    """May make something anew each time, and nothing is known by which to find it."""


_ID = r"[^/]+"
_POSTS: tuple[tuple[str, Kind], ...] = (
    (rf"search|(databases|data_sources)/{_ID}/query", Kind.READ),
    # A second upload that nobody uses ends by itself, within the hour; another's must not be taken for it.
    (rf"pages/{_ID}/move|file_uploads", Kind.REPEATABLE),
    (rf"file_uploads/{_ID}/(send|complete)", Kind.UPLOAD),
    ("pages", Kind.PAGE),
    ("comments", Kind.COMMENT),
    ("databases", Kind.DATABASE),
    ("data_sources", Kind.DATA_SOURCE),
)
_CHANGED = re.compile(rf"/v1/(pages|blocks|databases|data_sources|comments|views)/{_ID}")
_CHILDREN = re.compile(rf"/v1/blocks/({_ID})/children")


@dataclass(frozen=True)
class Write:
    """One request to Notion's API, as it is told from others.

    `key` is the property that tells a page from every other, `page` where a comment's discussion is.
    """

    method: str
    path: str
    body: Mapping[str, Any]
    version: str
    key: str | None = None
    page: str | None = None

    @property
    def kind(self) -> Kind:
        """What the request does."""
        match self.method:
            case "GET" | "HEAD" | "OPTIONS":
                return Kind.READ
            case "POST":
                return next((kind for path, kind in _POSTS if re.fullmatch(f"/v1/({path})", self.path)), Kind.UNKNOWN)
            case "PATCH" if _CHILDREN.fullmatch(self.path):
                return Kind.APPEND
            case "PATCH" if _CHANGED.fullmatch(self.path):
                return self._change()
            case "DELETE":
                return Kind.TRASH if self.path.startswith("/v1/blocks/") else Kind.REPEATABLE
            case _:
                return Kind.UNKNOWN

    @property
    def safe(self) -> bool:
        """Whether the request may be sent again, after a look where that is needed."""
        return self.kind is not Kind.UNKNOWN

    @property
    def counts(self) -> bool:
        """Whether it matters if an earlier one was made."""
        return self.kind not in (Kind.READ, Kind.REPEATABLE)

    def id(self) -> str:
        """Return the id that the path names."""
        return self.path.split("/")[3]

    def _change(self) -> Kind:
        if "template" in self.body:
            return Kind.UNKNOWN  # its blocks come anew each time
        trashed = self.body.get("in_trash") is True or self.body.get("archived") is True
        return Kind.TRASH if trashed else Kind.REPEATABLE
