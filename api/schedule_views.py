"""What the JSON API takes and tells of schedules."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleActionResult,
    ScheduleActionStartWorkflow,
    ScheduleDescription,
)

from api.problems import RequestInvalid
from schedules.conversion import OVERLAP
from schedules.marks import MADE_BY, Mark, said_of
from steps.branch import Trigger
from steps.errors import ScheduleInvalid
from steps.schedule import Cron, Every, Schedule
from steps.schedule_terms import Options, Overlap

SHOWN_TIMES = 5


class EveryBody(BaseModel):
    """A distance of time; what is given is added up."""

    model_config = ConfigDict(extra="forbid")

    minutes: float = 0
    hours: float = 0
    days: float = 0
    weeks: float = 0
    offset: float | str | None = Field(default=None, description="Moves the times, such as `15 min`.")


class ScheduleBody(BaseModel):
    """A schedule to make: `every` or `cron`, and what a class may say beside."""

    model_config = ConfigDict(extra="forbid")

    workflow: str = Field(description="The workflow's name, such as `OrderToNotion`.")
    name: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        description="Part of its id and of its runs' ids; a random one if left out.",
    )
    every: EveryBody | None = None
    cron: str | None = Field(default=None, description="Minute, hour, day of month, month, day of week.")
    time_zone: str = Field(default="UTC", description="Such as `Europe/Berlin`.")
    start: datetime | None = Field(default=None, description="Without a zone, it is of `time_zone`.")
    end: datetime | None = None
    count: int | None = Field(default=None, description="How many runs in all.")
    overlap: str = Field(default="skip", description="`skip`, `buffer`, `allow` or `cancel-running`.")
    paused: bool = False
    data: dict[str, Any] = Field(default_factory=dict, description="Joined with what each run is told.")
    catch_up: float | str = Field(default="1 day", description="How late a run may be after an outage of Temporal.")
    jitter: float | str = Field(default=0, description="Each run comes up to this much later.")

    def schedule(self) -> Schedule:
        """Return the checked schedule.

        Raises:
            RequestInvalid: with the field.
        """
        if (self.every is None) == (self.cron is None):
            raise _invalid("every", 'Send either `every`, such as {"hours": 6}, or `cron`, such as "0 3 * * *".')
        options = Options(
            time_zone=self.time_zone, start=self.start, end=self.end, count=self.count, paused=self.paused,
            overlap=self.overlap, data=self.data, catch_up=self.catch_up, jitter=self.jitter,  # pyright: ignore[reportArgumentType]  # it is checked there
        )  # fmt: skip
        try:
            return Every(**self.every.model_dump(), **options) if self.every else Cron(self.cron or "", **options)
        except ScheduleInvalid as error:
            raise _invalid(error.field, str(error)) from None


class ScheduledRun(BaseModel):
    """A run that the schedule started."""

    id: str
    scheduled_at: datetime
    started_at: datetime


class ScheduleView(BaseModel):
    """A schedule as it is now."""

    id: str
    workflow: str
    made_by: MADE_BY = Field(description="`class`: declared in the workflow's class; `api`: made here.")
    when: str = Field(description="In words.")
    overlap: Overlap | None
    data: Any = None
    paused: bool
    note: str | None = Field(description="Why it is paused, if anybody said.")
    counter: int = Field(description="How many runs it has started.")
    remaining: int | None = Field(description="How many are left of its `count`; null without one.")
    next_times: list[datetime] = Field(description="The next five; none while it is paused.")
    last_runs: list[ScheduledRun] = Field(description="The newest first, ten at most.")
    created_at: datetime
    updated_at: datetime | None


async def schedule_view(client: Client, description: ScheduleDescription, mark: Mark) -> ScheduleView:
    """Return a schedule as it is shown."""
    schedule, info = description.schedule, description.info
    said, state = await said_of(client, schedule), schedule.state
    overlaps: dict[object, Overlap] = {policy: name for name, policy in OVERLAP.items()}
    return ScheduleView(
        id=description.id,
        workflow=mark.workflow,
        made_by=mark.made_by,
        when=said.words if said else "changed elsewhere: see the Temporal UI",
        overlap=overlaps.get(schedule.policy.overlap),
        data=await _data(client, description),
        paused=state.paused,
        note=state.note or None,
        counter=info.num_actions,
        remaining=state.remaining_actions if state.limited_actions else None,
        next_times=[] if state.paused else list(info.next_action_times[:SHOWN_TIMES]),
        last_runs=[_run(result) for result in reversed(info.recent_actions)],
        created_at=info.created_at,
        updated_at=info.last_updated_at,
    )


async def _data(client: Client, description: ScheduleDescription) -> Any:
    action = description.schedule.action
    payloads: Any = action.args if isinstance(action, ScheduleActionStartWorkflow) else []
    try:
        return (await client.data_converter.decode(payloads, [Trigger]))[0].data
    except (IndexError, ValueError, RuntimeError):
        return None


def _run(result: ScheduleActionResult) -> ScheduledRun:
    action = result.action
    run_id = action.workflow_id if isinstance(action, ScheduleActionExecutionStartWorkflow) else ""
    return ScheduledRun(id=run_id, scheduled_at=result.scheduled_at, started_at=result.started_at)


def _invalid(field: str, message: str) -> RequestInvalid:
    return RequestInvalid(f"Correct these fields: {field}: {message}", errors=[{"field": field, "message": message}])
