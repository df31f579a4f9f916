"""What travels with runs and calls in Temporal's headers, which are encrypted as payloads are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadConverter

from steps.branch import Branch
from telemetry.ids import SpanId, read_traceparent

STEP = "steps-step"
TRACE = "_tracer-data"  # Temporal's own name for it: clients in any language that trace send it


def with_step(headers: Mapping[str, Payload], branch: Branch) -> dict[str, Payload]:
    """Add which attempt of which step makes a call; the first attempt goes without saying."""
    found: list[Any] = [branch.action, branch.id]
    return _with(headers, STEP, [*found, branch.attempt] if branch.attempt > 1 else found)


def step_in(headers: Mapping[str, Payload]) -> tuple[str, int, int] | None:
    """Return step, branch and attempt; None where the call is of no step, or of an older worker's."""
    match _read(headers, STEP):
        case [str(step), int(branch)]:
            return step, branch, 1
        case [str(step), int(branch), int(attempt)]:
            return step, branch, attempt
        case _:
            return None


def with_parent(headers: Mapping[str, Payload], parent: SpanId) -> dict[str, Payload]:
    """Add the span that what is started belongs below."""
    return _with(headers, TRACE, {"traceparent": parent.traceparent})


def parent_in(headers: Mapping[str, Payload]) -> SpanId | None:
    """Return the span that a run was started below, by whatever client."""
    found: object = _read(headers, TRACE)
    return read_traceparent(cast("dict[str, object]", found).get("traceparent")) if isinstance(found, dict) else None


def _with(headers: Mapping[str, Payload], name: str, value: Any) -> dict[str, Payload]:
    return {**headers, name: PayloadConverter.default.to_payloads([value])[0]}


def _read(headers: Mapping[str, Payload], name: str) -> Any:
    """Return a value; None where there is none, or none that can be read: whoever starts a run may send anything."""
    if name not in headers:
        return None
    try:
        return PayloadConverter.default.from_payloads([headers[name]])[0]
    except Exception:
        return None
