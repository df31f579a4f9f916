"""Texts that know more: they compare as what they say, so that a test reads `"Created page" in run.log`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from steps.record import Level, LogLine, Outcome, RunRecord, StepRow


class LogText(str):
    """The message of a line of the run's log, with `level`, `fields`, `step` and `at`."""

    __slots__ = ("at", "fields", "level", "step")

    level: Level
    fields: dict[str, Any]
    step: str | None
    at: datetime

    @classmethod
    def of(cls, line: LogLine) -> LogText:
        """Return a line as its text."""
        text = cls(line.message)
        text.level, text.fields, text.step, text.at = line.level, line.fields, line.step, line.at
        return text


class StepName(str):
    """The name of a step that ran, with `outcome`, `attempt`, `error`, `branch`, and `began` and `ended` in seconds."""

    __slots__ = ("attempt", "began", "branch", "ended", "error", "outcome")

    outcome: Outcome
    attempt: int
    error: str | None
    branch: int
    began: float
    ended: float

    @classmethod
    def of(cls, row: StepRow) -> StepName:
        """Return a row of the record as its step's name."""
        name = cls(row.step)
        name.outcome, name.attempt, name.error, name.branch = row.outcome, row.attempt, row.error, row.branch
        name.began, name.ended = row.began, row.ended
        return name


def steps_of(record: RunRecord) -> list[StepName]:
    """Return the attempts of steps that have ended, in the order in which they began; a wait that expired is none."""
    ran = (row for row in record.steps if row.outcome != "expired")
    return [StepName.of(row) for row in sorted(ran, key=lambda row: row.began)]
