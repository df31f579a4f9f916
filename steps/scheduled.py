"""A run that a schedule started: what it is told beside the declared data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import SearchAttributeKey

from steps.branch import Branch
from steps.branches import Branches
from steps.calls import look_up
from steps.waits import armed_size

_SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")


class OccurrenceRequest(BaseModel):
    """Ask which of its schedule's runs the run that asks is."""

    schedule: str
    scheduled_at: datetime


class Occurrence(BaseModel):
    """Which of its schedule's runs a run is, from 1, and when the next one is."""

    counter: int
    next_at: datetime | None = None


async def fill_schedule(branches: Branches, schedule: str | None) -> None:
    """Add `counter`, `scheduled_at` and `next_at` to the data of `start`, if a schedule started this run."""
    start = branches.next()
    if schedule is None or start is None:
        return
    info = workflow.info()
    # The time that was meant: a run that waited for the one before, or for Temporal, began later.
    at = info.typed_search_attributes.get(_SCHEDULED_AT) or info.start_time
    request = OccurrenceRequest(schedule=schedule, scheduled_at=at)
    found = await look_up("read_occurrence", request, Occurrence, summary="schedule")
    branches.change(start.id, payload := _merged(start, at, found), armed_size(_with(start, payload)))


def _merged(start: Branch, at: datetime, found: Occurrence) -> dict[str, Any]:
    declared = cast("dict[str, Any]", start.payload) if isinstance(start.payload, dict) else {}
    next_at = found.next_at.isoformat() if found.next_at else None
    return {**declared, "counter": found.counter, "scheduled_at": at.isoformat(), "next_at": next_at}


def _with(start: Branch, payload: dict[str, Any]) -> Branch:
    return start.model_copy(update={"payload": payload})
