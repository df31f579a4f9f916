"""What a list of runs is narrowed by, and how Temporal is asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Literal
from urllib.parse import urlencode

from api.views import RunStatus
from steps.attributes import CONNECTION
from steps.handles import handles_of
from steps.naming import slug
from steps.workflow import Workflow
from vault.handles import is_handle

Within = Literal["hour", "day", "week"]
MAX_TEXT = 200
PLAIN = r"^[^\x00-\x1f\x7f]*$"  # Temporal's SQL cannot hold a NUL, and no id has a control character
_SPANS: dict[Within, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}
_ASKED: dict[RunStatus, str] = {
    "running": "Running",
    "completed": "Completed",
    "failed": "Failed",
    "cancelled": "Canceled",
    "terminated": "Terminated",
    "timed_out": "TimedOut",
}
_MOST_PREFIXES = 200  # Temporal refuses a query with a thousand; past this many workflows, keys are not searched in all
_UNSEARCHED = frozenset("'\\")  # no id or name of ours has one, and the server strips quotes at a literal's end
_NOTHING = "WorkflowId = ''"  # no run has an empty id


@dataclass(frozen=True)
class RunFilters:
    """Narrow a list of runs; each filter that is set must hold. Times without a zone are UTC."""

    workflow: str | None = None
    status: RunStatus | None = None
    connection: str | None = None
    text: str | None = None
    within: Within | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __bool__(self) -> bool:
        """Tell whether anything is narrowed."""
        return any(getattr(self, field.name) for field in fields(self))

    def clauses(self, workflows: Mapping[str, type[Workflow]], *, indexed: bool) -> list[str]:
        """Return the conditions of Temporal's list filter.

        `indexed` tells whether the server knows the search attributes; where it does not, a connection's runs are those
        of the workflows whose code names it.
        """
        if any(_UNSEARCHED & set(one) for one in (self.workflow, self.text) if one):
            return [_NOTHING]
        found = [f"WorkflowType = {quoted(self.workflow)}"] if self.workflow else []
        found += [f"ExecutionStatus = '{_ASKED[self.status]}'"] if self.status else []
        found += [f"StartTime >= '{datetime.now(UTC) - _SPANS[self.within]:%Y-%m-%dT%H:%M:%SZ}'"] if self.within else []
        found += [f"StartTime >= '{_moment(self.since)}'"] if self.since else []
        found += [f"StartTime <= '{_moment(self.until)}'"] if self.until else []
        if self.connection:
            found.append(_used(self.connection, workflows, indexed=indexed))
        if self.text:
            found.append(_holding(self.text, [self.workflow] if self.workflow else sorted(workflows)))
        return found

    def named(self) -> dict[str, str]:
        """Return what is set, by the names of the page's form."""
        moments = {"from": self.since, "to": self.until}
        return {
            **{name: str(value) for name in _PLAIN_NAMES if (value := getattr(self, name))},
            **{name: _moment(value) for name, value in moments.items() if value},
        }

    def address(self, path: str, **more: str | None) -> str:
        """Return the path with the filters, and what else is given, as its query."""
        query = urlencode(self.named() | {name: value for name, value in more.items() if value})
        return f"{path}?{query}" if query else path


_PLAIN_NAMES = ("workflow", "status", "connection", "text", "within")


def quoted(text: str) -> str:
    """Return a text as a literal of Temporal's list filters."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _used(handle: str, workflows: Mapping[str, type[Workflow]], *, indexed: bool) -> str:
    if not is_handle(handle):  # what is looked for in a list of keywords is a query of its own to SQLite
        return _NOTHING
    if indexed:
        return f"{CONNECTION.name} = {quoted(handle)}"
    return _any_type(sorted(name for name, cls in workflows.items() if handle in handles_of(cls))) or _NOTHING


def _holding(text: str, names: list[str]) -> str:
    """Search what SQL finds by an index: beginnings of ids and of keys; workflows' names are searched here."""
    beginnings = [text]
    if "/" not in text:
        beginnings += [f"{slug(name)}/{text}" for name in names[:_MOST_PREFIXES]]
    found = [f"WorkflowId STARTS_WITH {quoted(beginning)}" for beginning in beginnings]
    if types := _any_type([name for name in names if text.lower() in name.lower()]):
        found.append(types)
    return f"({' OR '.join(found)})"


def _any_type(names: list[str]) -> str:
    return f"WorkflowType IN ({', '.join(map(quoted, names))})" if names else ""


def _moment(value: datetime) -> str:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
