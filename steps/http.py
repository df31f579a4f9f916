"""What goes to and comes from the network: `fetch` in the shape that JavaScript has."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

JSON = Any  # what json.loads returns

Lane = Literal["interactive", "bulk"]
"""Whether somebody waits for what a call brings; such calls go first where a connection's are paced."""


class Again(BaseModel):
    """Say that a write was tried before, `since` then, so that it may have been made.

    `made` holds the ids of what other, identical writes have made, which this one is not to be taken for. `open` is
    when one may last have been sent whose outcome nobody knows. Without `since` there was none before.
    """

    since: datetime | None = Field(default=None, exclude_if=lambda since: since is None)
    made: list[str] = Field(default_factory=list[str], exclude_if=lambda made: not made)
    open: datetime | None = Field(default=None, exclude_if=lambda open: open is None)


class OutsideCall(BaseModel):
    """What every call of the outside says beside itself; left out where it says nothing, for it stands in histories.

    `turned` says that the run has waited for the connection's turn.
    """

    lane: Lane = Field(default="bulk", exclude_if=lambda lane: lane == "bulk")
    again: Again | None = Field(default=None, exclude_if=lambda again: again is None)
    turned: bool = Field(default=False, exclude_if=lambda turned: not turned)


class FetchRequest(OutsideCall):
    """One HTTP request. Header values may hold sealed references; nothing else may.

    `json_body` and `content` exclude each other. `timeout` is in seconds, for the whole exchange.
    """

    url: str
    method: str = "GET"
    headers: dict[str, str] = Field(default_factory=dict)
    params: dict[str, str | int | float | bool] | None = None
    json_body: Any = None
    has_json: bool = False
    content: str | None = None
    timeout: float = 30.0


class Response(BaseModel):
    """An HTTP answer. A 4xx or 5xx is an answer like any other: look at `ok` or `status`.

    Header names are lower case; `set-cookie` is left out, for it would stay in the run's history.
    """

    status: int
    headers: dict[str, str] = Field(default_factory=dict)
    text: str = ""
    url: str = ""

    @property
    def ok(self) -> bool:
        """Tell whether the status is between 200 and 299."""
        return 200 <= self.status <= 299

    def json(self) -> Any:  # type: ignore[override]  # pydantic's own .json() is deprecated; fetch's is the one authors know
        """Return the body's JSON value; raises ValueError, with the body's beginning, when it is not JSON."""
        try:
            return json.loads(self.text)
        except ValueError as error:
            raise ValueError(f"The answer of {self.url} is not JSON ({error}): {self.text[:200]!r}") from None


class NotionFile(BaseModel):
    """The bytes of a file, or of a part of it, in base64."""

    content: str
    content_type: str | None = None
    part_number: int | None = None


class NotionRequest(OutsideCall):
    """One call of Notion's API, by the connection's handle. `path` begins with /v1/.

    `key` is the property that tells one page from every other, `page` the page or block that a comment's discussion is
    on; without `version` it is the deployment's. With `adapt` path and body are in the form of the newest version, with
    ids of databases or of data sources, and the worker translates them. `file` is sent in place of a body.
    """

    handle: str
    method: str
    path: str
    version: str | None = None
    params: dict[str, str | int] | None = None
    body: dict[str, Any] | None = None
    key: str | None = Field(default=None, exclude_if=lambda key: key is None)
    page: str | None = Field(default=None, exclude_if=lambda page: page is None)
    adapt: bool = Field(default=False, exclude_if=lambda adapt: not adapt)
    file: NotionFile | None = Field(default=None, exclude_if=lambda file: file is None)


class ConnectionRequest(BaseModel):
    """Ask for a sealed reference to a connection's token."""

    handle: str


class VariablesRequest(BaseModel):
    """Ask for what a run of a workflow is given: its variables, and references to the connections."""

    workflow: str
