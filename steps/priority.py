"""Which call goes first where calls wait for a worker: those that somebody waits for, then each connection in turn."""

from __future__ import annotations

from typing import Any

from temporalio.common import Priority

from steps.http import FetchRequest, OutsideCall
from steps.sealed import PATTERN

_FIRST = 1  # of 1 to 5; without one a call has 3
_MOST_BYTES = 64


def priority_of(request: Any) -> Priority:
    """Return a call's place before others that wait for a worker."""
    if not isinstance(request, OutsideCall):
        return Priority.default
    handle = _handle(request) if isinstance(request, FetchRequest) else getattr(request, "handle", None)
    return Priority(
        priority_key=_FIRST if request.lane == "interactive" else None,
        fairness_key=None if handle is None else handle.encode()[:_MOST_BYTES].decode(errors="ignore"),
    )


def _handle(request: FetchRequest) -> str | None:
    found = (PATTERN.search(value) for value in request.headers.values())
    return next((match[2] for match in found if match and match[1] == "connection"), None)
