"""Where the code that runs belongs: to which run, step, call or request. Every log line says it."""

from __future__ import annotations

import secrets
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from steps.watch import UNDER_WAY
from telemetry.ids import SpanId, new_span, trace_of


@dataclass
class Call:
    """One attempt of an activity. The connection is known once its seal has been read."""

    name: str
    number: int
    """Which attempt of the call it is, from 1."""
    run: str | None = None
    workflow: str | None = None
    step: str | None = None
    branch: int | None = None
    attempt: int | None = None
    """Which attempt of the step it belongs to."""
    connection: str | None = None
    provider: str | None = None

    @cached_property
    def span(self) -> SpanId:
        """The span of this attempt."""
        return new_span(trace_of(self.run or ""))

    @property
    def place(self) -> dict[str, Any]:
        """What a log line says of it."""
        found = {
            "run": self.run, "workflow": self.workflow, "step": self.step, "branch": self.branch,
            "attempt": self.attempt, "call": self.name, "connection": self.connection,
        }  # fmt: skip
        return {name: value for name, value in found.items() if value is not None}


@dataclass
class Request:
    """One request to the API, and the runs that it has started or woken."""

    runs: dict[str, bool] = field(default_factory=dict[str, bool])
    """Each run, and whether this request has started it."""
    workflow: str | None = None
    span: str = field(default_factory=lambda: secrets.token_hex(8))

    @property
    def run(self) -> str | None:
        """The run, or the first of them."""
        return next(iter(self.runs), None)

    @property
    def place(self) -> dict[str, Any]:
        """What a log line says of it; of several runs, it names the first."""
        found = {"run": self.run, "workflow": self.workflow}
        return {name: value for name, value in found.items() if value is not None}


CALL: ContextVar[Call | None] = ContextVar("CALL", default=None)
REQUEST: ContextVar[Request | None] = ContextVar("REQUEST", default=None)


def here() -> dict[str, Any]:
    """Return what is known of where the code runs, for a log line."""
    if branch := UNDER_WAY.get():
        return {"step": branch.action, "branch": branch.id, "attempt": branch.attempt}
    current = CALL.get() or REQUEST.get()
    return current.place if current else {}


def note_run(run: str, *, started: bool = True) -> None:
    """Note that the request under way starts this run, or wakes one that an earlier request has started."""
    if (request := REQUEST.get()) is not None:
        request.runs[run] = started


def note_workflow(name: str) -> None:
    """Note which workflow the request under way is for."""
    if (request := REQUEST.get()) is not None:
        request.workflow = name


def note_connections(handles: list[str]) -> None:
    """Note which connections the call under way uses."""
    if handles and (call := CALL.get()) is not None:
        call.connection = ",".join(handles)
