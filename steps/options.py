"""`@step`: what a step says about itself beside its code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from steps.delay import Delay, parse_delay
from steps.errors import (
    BranchLimitExceeded,
    DefinitionInvalid,
    DelayInvalid,
    PayloadInvalid,
    PayloadTooLarge,
    RequestInvalid,
    SchedulingRefused,
    SealInvalid,
    StepUnknown,
    StoreInvalid,
    StoreTooLarge,
)
from steps.retry import ONCE, Retry

Step = TypeVar("Step", bound=Callable[..., Awaitable[Any]])
_OPTIONS = "_steps_options"
# What says that the code or the payload is wrong: another attempt would end the same way.
_PERMANENT = (
    BranchLimitExceeded, DefinitionInvalid, DelayInvalid, PayloadInvalid, PayloadTooLarge, RequestInvalid,
    SchedulingRefused, SealInvalid, StepUnknown, StoreInvalid, StoreTooLarge,
)  # fmt: skip


@dataclass(frozen=True)
class StepOptions:
    """How often a step is tried, and how long one attempt may take."""

    retry: Retry = ONCE
    timeout: timedelta | None = None

    def again(self, attempt: int, error: BaseException) -> timedelta | None:
        """Return how long to wait before the next attempt, or None when there is none."""
        if attempt >= self.retry.attempts or isinstance(error, _PERMANENT):
            return None
        return self.retry.wait(attempt)


def step(*, retry: Retry | int | None = None, timeout: Delay | None = None) -> Callable[[Step], Step]:
    """Try a step again when it fails, or end an attempt that takes too long.

    `retry` is a Retry, or how often to try in all. The attempts are apart by its backoff, and each begins the step
    anew, on a fresh instance: what it asked for before was not armed, calls that it made are made again, and what it
    changed in the store stays. `timeout` is that of one attempt, with its calls; it fails with `step-timed-out`.

    Raises:
        DefinitionInvalid: with what is wrong.
    """
    try:
        policy = retry if isinstance(retry, Retry) else ONCE if retry is None else Retry(attempts=retry)
        options = StepOptions(policy, None if timeout is None else parse_delay(timeout))
    except (DelayInvalid, RequestInvalid) as error:
        raise DefinitionInvalid(f"@step: {error}") from None
    if options.timeout is not None and not options.timeout:
        raise DefinitionInvalid("@step: a timeout is longer than 0 seconds.")

    def mark(method: Step) -> Step:
        setattr(method, _OPTIONS, options)
        return method

    return mark


def options_of(method: Callable[..., Any]) -> StepOptions:
    """Return what a step's method says about itself."""
    return getattr(method, _OPTIONS, StepOptions())
