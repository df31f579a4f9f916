"""What a run is made of, as it crosses from one Temporal run to the next; defaults everywhere, so that it can grow."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from steps.answer import Answer
from steps.claims import Claim
from steps.errors import PayloadInvalid
from steps.given import Given
from steps.payload import describe
from steps.record import ActiveStep, LogLine, StepFailure, StepRow
from steps.wait import PastWait, Wait


class Member(NamedTuple):
    """A branch's place in a group whose end another step waits for; the branches that it arms have the same place."""

    group: int
    place: int


class Branch(BaseModel):
    """One armed step: what runs, with what, and when; one with a `wait` runs when an event comes before `due`.

    `parent` is the branch whose step armed it; `attempt` counts from 1. `since` is the minute in which the step was
    first tried, once an attempt has failed.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    action: str
    due: datetime
    payload: Any = None
    parent: int | None = None
    # Left out where they say nothing: ten thousand branches must fit one value of Temporal.
    wait: Wait | None = Field(default=None, exclude_if=lambda wait: wait is None)
    attempt: int = Field(default=1, exclude_if=lambda attempt: attempt == 1)
    member: Member | None = Field(default=None, exclude_if=lambda member: member is None)
    since: datetime | None = Field(default=None, exclude_if=lambda since: since is None)


class Group(BaseModel):
    """Branches that end together: when none is `open`, the step `then` runs with their results.

    `member` is the place that the step which opened the group has in another one.
    """

    id: int
    then: str
    parent: int
    member: Member | None = None
    always: bool = False
    open: int = 0
    failed: int = 0
    results: list[Any] = Field(default_factory=list[Any])


class Batch(BaseModel):
    """Branches that have most in common, without saying it again.

    A row is a branch's number, its place in its group, its due time in microseconds after that of the first, and its
    payload.
    """

    action: str
    due: datetime
    parent: int | None = None
    attempt: int = 1
    group: int | None = None
    since: datetime | None = Field(default=None, exclude_if=lambda since: since is None)
    rows: list[tuple[int, int, int, Any]]


def active(branch: Branch) -> ActiveStep:
    """Return a branch as a run's readers see it."""
    wait_id = branch.wait.id if branch.wait else None
    return ActiveStep(step=branch.action, branch=branch.id, due=branch.due, attempt=branch.attempt, wait_id=wait_id)


class Carried(BaseModel):
    """A run's whole state at a step boundary. `steps` is for readers of the history: the next run begins its own."""

    branches: list[Branch] = Field(default_factory=list[Branch])
    batches: list[Batch] = Field(default_factory=list[Batch])
    failed: list[Batch] = Field(default_factory=list[Batch])
    groups: list[Group] = Field(default_factory=list[Group])
    next_id: int = 1
    steps_done: int = 0
    env: dict[str, str] | None = None  # of runs that an earlier build rolled over; now they are in `Trigger.given`
    failures: list[StepFailure] = Field(default_factory=list[StepFailure])
    failure_count: int = 0
    log: list[LogLine] = Field(default_factory=list[LogLine])
    log_dropped: int = 0
    steps: list[StepRow] = Field(default_factory=list[StepRow])
    steps_before: int = 0
    result: Any = None
    store: dict[str, Any] = Field(default_factory=dict)
    waits: list[PastWait] = Field(default_factory=list[PastWait])
    claims: list[Claim] = Field(default_factory=list[Claim])
    answer: Answer | None = None
    started_at: datetime | None = None


class RetryState(BaseModel):
    """What a failed run leaves for a retry, beside its record: its failed branches, and the groups that wait for them.

    A payload over the limit is not among them: `start` alone may have one, which is what the run was started with.
    """

    failed: list[Batch] = Field(default_factory=list[Batch])
    groups: list[Group] = Field(default_factory=list[Group])
    next_id: int = 1
    headers: dict[str, str] = Field(default_factory=dict)


class Trigger(BaseModel):
    """The single argument of every run: `{"data": {...}, "headers": {...}}`.

    `schedule` is the id of the schedule that starts the run, which is then told its counter and times. `given` and
    `carried` are the engine's own; a run that was started without `given` looks for it when it begins.
    """

    model_config = ConfigDict(extra="forbid")

    data: Any = None
    headers: dict[str, str] = Field(default_factory=dict)
    given: Given | None = Field(default=None, exclude_if=lambda given: given is None)
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
