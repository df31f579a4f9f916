"""What a run is made of, as it crosses from one Temporal run to the next; defaults everywhere, so that it can grow."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from steps.errors import PayloadInvalid
from steps.payload import describe
from steps.record import ActiveStep, LogLine, StepFailure
from steps.wait import PastWait, Wait


class Branch(BaseModel):
    """One armed step: what runs, with what, and when; one with a `wait` runs when an event comes before `due`.

    `parent` is the branch whose step armed it.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    action: str
    due: datetime
    payload: Any = None
    parent: int | None = None
    # Left out where there is none: ten thousand branches must fit one value of Temporal.
    wait: Wait | None = Field(default=None, exclude_if=lambda wait: wait is None)


def active(branch: Branch) -> ActiveStep:
    """Return a branch as a run's readers see it."""
    wait_id = branch.wait.id if branch.wait else None
    return ActiveStep(step=branch.action, branch=branch.id, due=branch.due, wait_id=wait_id)


class Carried(BaseModel):
    """A run's whole state at a step boundary."""

    branches: list[Branch] = Field(default_factory=list[Branch])
    next_id: int = 1
    steps_done: int = 0
    env: dict[str, str] | None = None
    failures: list[StepFailure] = Field(default_factory=list[StepFailure])
    failure_count: int = 0
    log: list[LogLine] = Field(default_factory=list[LogLine])
    log_dropped: int = 0
    result: Any = None
    store: dict[str, Any] = Field(default_factory=dict)
    waits: list[PastWait] = Field(default_factory=list[PastWait])
    started_at: datetime | None = None


class Trigger(BaseModel):
    """The single argument of every run: `{"data": {...}, "headers": {...}}`. `carried` is the engine's own.

    `schedule` is the id of the schedule that starts the run, which is then told its counter and times.
    """

    model_config = ConfigDict(extra="forbid")

    data: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    carried: Carried | None = None
    # Left out where there is none: a worker that is older than the field refuses what it does not know.
    schedule: str | None = Field(default=None, exclude_if=lambda schedule: schedule is None)


def read_trigger(arguments: tuple[Any, ...]) -> Trigger:
    """Return what a run was started with. Any client may start one: nothing at all, or null, is an empty trigger.

    Raises:
        PayloadInvalid: it is something else.
    """
    wanted = 'Start a run with one argument, {"data": ..., "headers": {...}}; both may be left out.'
    if len(arguments) > 1:
        raise PayloadInvalid(f"The run was started with {len(arguments)} arguments. {wanted}")
    if not arguments or arguments[0] is None:
        return Trigger()
    try:
        return Trigger.model_validate(arguments[0])
    except ValidationError as error:
        raise PayloadInvalid(f"The run was not started as it should be: {describe(error)}. {wanted}") from None
