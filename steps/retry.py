"""How often a call is tried again."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, field_validator
from temporalio.common import RetryPolicy

from steps.delay import Delay, parse_delay


class Retry(BaseModel):
    """Try a call `attempts` times in all, waiting `backoff` after the first and twice as long after each further one.

    `backoff` and `longest` are delays: seconds, a timedelta, or a text such as "10 sec".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(default=5, ge=1, le=100)
    backoff: Delay = timedelta(seconds=1)
    longest: Delay = timedelta(minutes=1)

    @field_validator("backoff", "longest", mode="before")
    @classmethod
    def _parse(cls, value: Delay) -> timedelta:
        return parse_delay(value)

    def policy(self) -> RetryPolicy:
        """Return Temporal's form of it."""
        backoff = max(parse_delay(self.backoff), timedelta(milliseconds=1))
        return RetryPolicy(
            initial_interval=backoff,
            maximum_interval=max(backoff, parse_delay(self.longest)),
            maximum_attempts=self.attempts,
        )


ONCE = Retry(attempts=1)
