"""The events of a history between which a call or a timer lies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent

Outcome = Literal["completed", "failed", "timed_out", "cancelled"]
_ENDINGS: dict[str, tuple[Outcome, str]] = {
    "activity_task_completed_event_attributes": ("completed", "scheduled_event_id"),
    "activity_task_failed_event_attributes": ("failed", "scheduled_event_id"),
    "activity_task_timed_out_event_attributes": ("timed_out", "scheduled_event_id"),
    "activity_task_canceled_event_attributes": ("cancelled", "scheduled_event_id"),
    "child_workflow_execution_completed_event_attributes": ("completed", "initiated_event_id"),
    "child_workflow_execution_failed_event_attributes": ("failed", "initiated_event_id"),
    "child_workflow_execution_timed_out_event_attributes": ("timed_out", "initiated_event_id"),
    "child_workflow_execution_canceled_event_attributes": ("cancelled", "initiated_event_id"),
    "child_workflow_execution_terminated_event_attributes": ("cancelled", "initiated_event_id"),
}


class Opening(NamedTuple):
    """What began a call, or a timer: that has a `due`."""

    name: str
    at: datetime
    summary: Payload | None
    activity_id: str = ""
    due: datetime | None = None


class Ending(NamedTuple):
    """What ended it. Without an outcome there was no call: another run writes the same record, and this one waits."""

    opened: int
    at: datetime
    outcome: Outcome | None
    error: str | None = None
    payload: Payload | None = None


def opening_of(event: HistoryEvent) -> Opening | None:
    """Return what the event begins, if anything."""
    at = _moment(event)
    summary = event.user_metadata.summary if event.HasField("user_metadata") else None
    match event.WhichOneof("attributes"):
        case "activity_task_scheduled_event_attributes":
            scheduled = event.activity_task_scheduled_event_attributes
            return Opening(scheduled.activity_type.name, at, summary, scheduled.activity_id)
        case "start_child_workflow_execution_initiated_event_attributes":
            name = event.start_child_workflow_execution_initiated_event_attributes.workflow_type.name
            return Opening(name, at, summary)
        case "timer_started_event_attributes":
            timeout = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
            return Opening("timer", at, summary, due=at + timeout)
        case _:
            return None


def ending_of(event: HistoryEvent) -> Ending | None:
    """Return what the event ends, if anything."""
    kind = event.WhichOneof("attributes") or ""
    attributes: Any = getattr(event, kind, None)
    if kind in ("timer_fired_event_attributes", "timer_canceled_event_attributes"):
        return Ending(attributes.started_event_id, _moment(event), "completed")
    if kind == "start_child_workflow_execution_failed_event_attributes":
        return Ending(attributes.initiated_event_id, _moment(event), None)
    if kind not in _ENDINGS:
        return None
    outcome, opened = _ENDINGS[kind]
    payload, error = _first(attributes.result) if outcome == "completed" else None, None
    if outcome in ("failed", "timed_out"):
        cause = _root(attributes.failure) if hasattr(attributes, "failure") else Failure()
        error = cause.application_failure_info.type or ("timed out" if outcome == "timed_out" else None)
        payload = _first(cause.application_failure_info.details)
    return Ending(getattr(attributes, opened), _moment(event), outcome, error, payload)


def status_payload(openings: Mapping[int, Opening], ending: Ending) -> Payload | None:
    """Return what may hold the status of an answer: that of a `fetch`, or the details of a failure."""
    opening = openings.get(ending.opened)
    answers = opening is not None and (opening.name == "fetch" or ending.outcome != "completed")
    return ending.payload if answers else None


def _first(payloads: Any) -> Payload | None:
    return payloads.payloads[0] if payloads.payloads else None


def _root(failure: Failure) -> Failure:
    while failure.HasField("cause") and not failure.application_failure_info.type:
        failure = failure.cause
    return failure


def _moment(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(UTC)
