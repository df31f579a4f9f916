from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio import activity
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionResult,
    ScheduleDescription,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from steps.scheduled import Occurrence, OccurrenceRequest

TRIES = 5  # some three seconds, as local activities are retried
_RPC_TIMEOUT = timedelta(seconds=5)
# Times of schedules are whole seconds, which Temporal's lists in SQLite compare as texts: an equal one counts as later.
_HALF = timedelta(milliseconds=500)


async def read_occurrence(client: Client, request: OccurrenceRequest) -> Occurrence:
    """Return which of its schedule's runs the run that asks is, and when the next one is.

    The schedule counts a run just after it has started it: until it has, this fails, to be tried again. A schedule that
    is gone or that never tells is no reason to hold the run up: then the answer is the best that is known.
    """
    try:
        description = await client.get_schedule_handle(request.schedule).describe(rpc_timeout=_RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return Occurrence(counter=1 + await _count(client, request, before=request.scheduled_at))
    return Occurrence(counter=await _counter(client, request, description), next_at=_next(request, description))


async def _counter(client: Client, request: OccurrenceRequest, description: ScheduleDescription) -> int:
    count, recent = description.info.num_actions, description.info.recent_actions
    mine = _place(recent)
    if mine is not None:
        return count - (len(recent) - 1 - mine)
    if not recent or recent[-1].scheduled_at < request.scheduled_at:
        if activity.info().attempt < TRIES:
            raise ApplicationError("The schedule has not yet counted this run.", type="schedule-behind")
        return count + 1
    # The schedule remembers its last ten runs; this one began after more had been started, so its worker was away.
    between = await _count(client, request, after=request.scheduled_at, before=recent[0].scheduled_at)
    return max(1, count - len(recent) - between)


def _place(recent: Sequence[ScheduleActionResult]) -> int | None:
    info = activity.info()
    for place, result in enumerate(recent):
        action = result.action
        if (
            isinstance(action, ScheduleActionExecutionStartWorkflow)
            and action.workflow_id == info.workflow_id
            and action.first_execution_run_id == info.workflow_run_id
        ):
            return place
    return None


def _next(request: OccurrenceRequest, description: ScheduleDescription) -> datetime | None:
    if description.schedule.state.paused:
        return None
    return next((time for time in description.info.next_action_times if time > request.scheduled_at), None)


async def _count(client: Client, request: OccurrenceRequest, *, before: datetime, after: datetime | None = None) -> int:
    """Return how many runs of the schedule were meant for a time between the two."""
    schedule = request.schedule.replace("\\", "\\\\").replace("'", "\\'")
    query = (
        f"TemporalScheduledById = '{schedule}' AND ExecutionStatus != 'ContinuedAsNew' "
        f"AND TemporalScheduledStartTime < '{_shown(before - _HALF)}'"
    )
    if after is not None:
        query += f" AND TemporalScheduledStartTime > '{_shown(after + _HALF)}'"
    return (await client.count_workflows(query, rpc_timeout=_RPC_TIMEOUT)).count


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
