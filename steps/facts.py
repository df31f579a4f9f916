"""What a step is told, and what it tells: `api.run` and `api.log`."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from temporalio import workflow

if TYPE_CHECKING:
    from steps.log import RunLog


@dataclass(frozen=True)
class RunInfo:
    """Facts about the run and the step, the same on every replay."""

    run_id: str
    workflow: str
    step: str
    attempt: int
    started_at: datetime

    def now(self) -> datetime:
        """Return the run's clock, in UTC."""
        return workflow.now()

    @property
    def random(self) -> random.Random:
        """The run's own random numbers."""
        return workflow.random()

    def uuid(self) -> UUID:
        """Return a new identifier, good as an idempotency key; it is not a secret."""
        return workflow.uuid4()


class Log:
    """`api.log("text", order="1001")`, with `api.log.warning` and `api.log.error` beside it."""

    def __init__(self, log: RunLog, step: str, branch: int | None) -> None:
        self._log, self._step, self._branch = log, step, branch

    def __call__(self, message: object, **fields: Any) -> None:
        """Keep a line with the run."""
        self._log.add("info", message, step=self._step, branch=self._branch, fields=fields)

    def warning(self, message: object, **fields: Any) -> None:
        """Keep a line that somebody should look at."""
        self._log.add("warning", message, step=self._step, branch=self._branch, fields=fields)

    def error(self, message: object, **fields: Any) -> None:
        """Keep a line about something that went wrong."""
        self._log.add("error", message, step=self._step, branch=self._branch, fields=fields)
