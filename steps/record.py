"""What is kept of a run for people to read: its log, its failures, its result."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field

from steps.answer import Answer
from steps.claims import Claim

Level = Literal["info", "warning", "error"]
Outcome = Literal["completed", "failed", "retried", "cancelled", "expired"]


class LogLine(BaseModel):
    """One line of a run's log."""

    at: datetime
    level: Level = "info"
    step: str | None = None
    branch: int | None = None
    message: str = ""
    fields: dict[str, Any] = Field(default_factory=dict)


class StepRow(NamedTuple):
    """One attempt of a step that has ended; a list in JSON, for there may be a thousand of them.

    `began` and `ended` are seconds since the start of the run. `retried` is a failed attempt that another one follows,
    `expired` a wait for an event that did not come.
    """

    step: str
    branch: int
    attempt: int
    began: float
    ended: float
    outcome: Outcome
    error: str | None = None


class StepFailure(BaseModel):
    """One step that failed for good.

    `type` is the error's stable type, or the exception's class name; `where` its line.
    """

    step: str
    branch: int
    type: str
    message: str
    at: datetime
    where: str | None = None
    attempt: int = 1


class ActiveStep(BaseModel):
    """One step that is running, or waits to run at `due`; with a `wait_id`, it waits for an event until then."""

    step: str
    branch: int
    due: datetime
    attempt: int = 1
    wait_id: str | None = None


class LostConnection(BaseModel):
    """A connection that somebody must connect again, and how many calls of the run wait for that since then."""

    handle: str
    since: datetime
    calls: int


class RunRecord(BaseModel):
    """A run as its readers see it: the answer of the query `record` and, when the run has ended, its result.

    A failed run carries it in its failure's details. `result` is what the last step that returned a value returned,
    `steps` what ended in this Temporal run, `steps_before` how many ended in those before it in the chain; `claims` are
    what a retry of the failed steps needs of theirs, `answer` is what the trigger answers.
    """

    result: Any = None
    steps_done: int = 0
    steps: list[StepRow] = Field(default_factory=list[StepRow])
    steps_before: int = 0
    running: list[ActiveStep] = Field(default_factory=list[ActiveStep])
    waiting: list[ActiveStep] = Field(default_factory=list[ActiveStep])
    waiting_count: int = 0
    failures: list[StepFailure] = Field(default_factory=list[StepFailure])
    failure_count: int = 0
    log: list[LogLine] = Field(default_factory=list[LogLine])
    log_dropped: int = 0
    store: dict[str, Any] = Field(default_factory=dict)
    lost_connections: list[LostConnection] = Field(
        default_factory=list[LostConnection], exclude_if=lambda lost: not lost
    )
    claims: list[Claim] = Field(default_factory=list[Claim], exclude_if=lambda claims: not claims)
    answer: Answer | None = Field(default=None, exclude_if=lambda answer: answer is None)
    started_at: datetime | None = None
