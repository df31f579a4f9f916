"""What a span says. It is told when it has ended; its id may be known long before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from telemetry.ids import SpanId

Value = str | int
_MICROSECOND = 1_000  # in nanoseconds


@dataclass(frozen=True)
class Span:
    """One thing that took time; `began` and `ended` are nanoseconds since 1970.

    Attributes that are None are left out. `error` is a type and never a message, which may quote what a run works on.
    """

    id: SpanId
    name: str
    began: int
    ended: int
    attributes: Mapping[str, Value | None]
    parent: SpanId | None = None
    kind: Literal["internal", "server", "client"] = "internal"
    error: str | None = None
    links: tuple[SpanId, ...] = field(default=())


def nanoseconds(moment: datetime) -> int:
    """Return a moment as spans have it."""
    return round(moment.timestamp() * 1_000_000) * _MICROSECOND


def of_run(run: str | None, workflow: str | None, **more: Value | None) -> dict[str, Value | None]:
    """Return the attributes by which everything of a run is found."""
    found = {"run": run, "workflow": workflow, **more}
    return {f"durable_steps.{name}": value for name, value in found.items()}
