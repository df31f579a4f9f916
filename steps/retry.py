"""How often a call, or a step, is tried again."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from temporalio.common import RetryPolicy

from steps.delay import Delay, parse_delay
from steps.errors import RequestInvalid
from steps.payload import describe


class Retry(BaseModel):
    """Try a call or a step `attempts` times in all: `backoff` after the first, twice as long after each further one.

    `backoff` and `longest`, the longest wait, are delays: seconds, a timedelta, or a text such as "10 sec".

    Raises:
        RequestInvalid: with what is wrong.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    attempts: int = Field(default=5, ge=1, le=100)
    backoff: Delay = timedelta(seconds=1)
    longest: Delay = timedelta(minutes=1)

    def __init__(
        self,
        *,
        attempts: int = 5,
        backoff: Delay = timedelta(seconds=1),
        longest: Delay = timedelta(minutes=1),
    ) -> None:
        try:
            super().__init__(attempts=attempts, backoff=backoff, longest=longest)
        except ValidationError as error:
            raise RequestInvalid(f"Retry: {describe(error)}.") from None

    @field_validator("backoff", "longest", mode="before")
    @classmethod
    def _parse(cls, value: Delay) -> timedelta:
        return parse_delay(value)

    def wait(self, attempt: int) -> timedelta:
        """Return how long to wait after this attempt, the first being 1."""
        first, longest = (parse_delay(value).total_seconds() for value in (self.backoff, self.longest))
        return timedelta(seconds=max(first, min(first * 2.0 ** min(attempt - 1, 60), longest)))

    def policy(self) -> RetryPolicy:
        """Return Temporal's form of it."""
        backoff = max(parse_delay(self.backoff), timedelta(milliseconds=1))
        return RetryPolicy(
            initial_interval=backoff,
            maximum_interval=max(backoff, parse_delay(self.longest)),
            maximum_attempts=self.attempts,
        )


ONCE = Retry(attempts=1)
