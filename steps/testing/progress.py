"""How far a run has come, read from its history."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from temporalio.api.enums.v1 import EventType, WorkflowTaskFailedCause
from temporalio.api.history.v1 import ActivityTaskScheduledEventAttributes, HistoryEvent
from temporalio.client import WorkflowHandle
from temporalio.common import RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError

from steps.http import ConnectionRequest
from steps.notion.upserts import NAME as UPSERT
from steps.reconnection import ACTIVITY
from steps.record import RunRecord

_ENDS = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "completed",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: "failed",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: "cancelled",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: "terminated",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: "timed out",
}
_PARKS = (
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_WORKFLOW_WORKER_UNHANDLED_FAILURE,
    WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
)
_CHILD_ENDS = {
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED: "child_workflow_execution_completed_event_attributes",
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_FAILED: "child_workflow_execution_failed_event_attributes",
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_CANCELED: "child_workflow_execution_canceled_event_attributes",
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TIMED_OUT: "child_workflow_execution_timed_out_event_attributes",
    EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_TERMINATED: "child_workflow_execution_terminated_event_attributes",
}
# The server schedules a workflow task after each of them, an instant later.
_WAKES = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED,
        EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED,
        EventType.EVENT_TYPE_TIMER_FIRED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT,
        EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED,
        EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED,
        EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED,
        *_CHILD_ENDS,
    }
)
_LONGEST = 100  # times the first pause, where a retry policy does not say
_SLACK = timedelta(milliseconds=5)  # the server counts from when it hears of the failure


class FailedAttempt(NamedTuple):
    """An attempt of a call that failed; `next_retry_delay` is what the failure itself asks for."""

    attempt: int
    at: datetime
    next_retry_delay: timedelta | None


@dataclass
class Progress:
    """What a history says. `pending` are the calls under way, by the activity's id; `timers` when each is due.

    `looks` are the calls that look whether a connection is there again, each with its handle; `writers` the children
    that write a record for the run, which waits for them.
    """

    run_id: str = ""
    ended: str | None = None
    record: RunRecord | None = None
    parked: str | None = None
    working: bool = False
    timers: dict[int, datetime] = field(default_factory=dict[int, datetime])
    pending: dict[int, str] = field(default_factory=dict[int, str])
    summaries: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    lookups: list[tuple[datetime, str]] = field(default_factory=list[tuple[datetime, str]])
    policies: dict[str, RetryPolicy] = field(default_factory=dict[str, RetryPolicy])
    looks: dict[str, str] = field(default_factory=dict[str, str])
    children: list[str] = field(default_factory=list[str])
    writers: list[str] = field(default_factory=list[str])
    before: str = ""
    events: int = 0
    bare: bool = False  # the last event is a task's end; what the task asked for may follow

    def take(self, event: HistoryEvent) -> None:
        """Take in the next event."""
        self.events += 1
        self.bare = event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
        self.working = self.working or event.event_type in _WAKES
        match event.event_type:
            case EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
                started = event.workflow_execution_started_event_attributes
                self.run_id, self.before = started.original_execution_run_id, started.continued_execution_run_id
            case EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
                self.working, self.parked = False, None
            case EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED:
                failed = event.workflow_task_failed_event_attributes
                self.parked = failed.failure.message if failed.cause in _PARKS else None
            case EventType.EVENT_TYPE_TIMER_STARTED:
                wait = event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                self.timers[event.event_id] = _at(event) + wait
            case EventType.EVENT_TYPE_TIMER_FIRED:
                self.timers.pop(event.timer_fired_event_attributes.started_event_id, None)
            case EventType.EVENT_TYPE_TIMER_CANCELED:
                self.timers.pop(event.timer_canceled_event_attributes.started_event_id, None)
            case EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
                started_child = event.child_workflow_execution_started_event_attributes
                self.children.append(started_child.workflow_execution.workflow_id)
                if started_child.workflow_type.name == UPSERT:
                    self.writers.append(started_child.workflow_execution.workflow_id)
            case EventType.EVENT_TYPE_MARKER_RECORDED:
                self.lookups.append((_at(event), _summary(event)))
            case _:
                self._take_call(event)
        if event.event_type in _ENDS:
            self._end(event)
        if attributes := _CHILD_ENDS.get(event.event_type):
            ended = getattr(event, attributes).workflow_execution.workflow_id
            self.writers = [child for child in self.writers if child != ended]

    def _take_call(self, event: HistoryEvent) -> None:
        match event.event_type:
            case EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
                number = event.activity_task_scheduled_event_attributes.activity_id
                self.pending[event.event_id] = number
                policy = event.activity_task_scheduled_event_attributes.retry_policy
                self.policies[number] = RetryPolicy.from_proto(policy)
                self.summaries[self.run_id, number] = _summary(event)
                self._take_look(number, event.activity_task_scheduled_event_attributes)
            case EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED:
                del self.pending[event.activity_task_completed_event_attributes.scheduled_event_id]
            case EventType.EVENT_TYPE_ACTIVITY_TASK_FAILED:
                del self.pending[event.activity_task_failed_event_attributes.scheduled_event_id]
            case EventType.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
                del self.pending[event.activity_task_timed_out_event_attributes.scheduled_event_id]
            case EventType.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
                del self.pending[event.activity_task_canceled_event_attributes.scheduled_event_id]
            case _:
                pass

    def _take_look(self, number: str, scheduled: ActivityTaskScheduledEventAttributes) -> None:
        if scheduled.activity_type.name == ACTIVITY:
            (payload,) = scheduled.input.payloads
            asked = pydantic_data_converter.payload_converter.from_payload(payload, ConnectionRequest)
            self.looks[number] = asked.handle

    def waits_for(self, broken: Collection[str]) -> list[str]:
        """Return which of the connections that are broken the run waits for."""
        handles = {self.looks[number] for number in self.pending.values() if number in self.looks}
        return sorted(handles.intersection(broken))

    def _end(self, event: HistoryEvent) -> None:
        self.ended = _ENDS[event.event_type]
        converter = pydantic_data_converter.payload_converter
        if self.ended == "completed":
            (payload,) = event.workflow_execution_completed_event_attributes.result.payloads
            self.record = converter.from_payload(payload, RunRecord)
        elif self.ended == "failed":
            failure = event.workflow_execution_failed_event_attributes.failure
            error = pydantic_data_converter.failure_converter.from_failure(failure, converter)
            if isinstance(error, ApplicationError) and error.details:
                self.record = RunRecord.model_validate(error.details[0])


async def read(handle: WorkflowHandle[Any, Any]) -> Progress:
    """Return how far the run has come, in the last of the Temporal runs that it has rolled over to."""
    progress = Progress()
    for event in (await handle.fetch_history()).events:
        progress.take(event)
    return progress


async def next_moment(
    handle: WorkflowHandle[Any, Any],
    progress: Progress,
    now: datetime,
    failed: Mapping[tuple[str, str], FailedAttempt],
    broken: Collection[str] = (),
) -> datetime | None:
    """Return when something will happen by itself; `now` while something does happen, None if nothing ever will.

    A look for one of the `broken` connections will find nothing, and counts for nothing.
    """
    if progress.working:
        return now
    moments = list(progress.timers.values())
    if progress.pending:
        described = await handle.describe()
        attempts = {one.activity_id: one.attempt for one in described.raw_description.pending_activities}
        for number in progress.pending.values():
            last = failed.get((progress.run_id, number))
            if last is None or attempts.get(number) != last.attempt + 1:
                return now  # it is being made, or was a moment ago
            if progress.looks.get(number) not in broken:
                moments.append(_retried(last, progress.policies[number]))
    return max(min(moments), now) if moments else None


def _retried(last: FailedAttempt, policy: RetryPolicy) -> datetime:
    """Return when the next attempt of a call is due: the server does not tell."""
    if last.next_retry_delay is not None:
        return last.at + last.next_retry_delay + _SLACK
    pause = policy.initial_interval * policy.backoff_coefficient ** min(last.attempt - 1, 30)  # years, by then
    return last.at + min(pause, policy.maximum_interval or policy.initial_interval * _LONGEST) + _SLACK


def _summary(event: HistoryEvent) -> str:
    payload = event.user_metadata.summary
    return str(pydantic_data_converter.payload_converter.from_payload(payload, str)) if payload.data else ""


def _at(event: HistoryEvent) -> datetime:
    return event.event_time.ToDatetime(tzinfo=UTC)
