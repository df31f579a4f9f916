"""Calls: what leaves a workflow, each an activity with a summary that a reader of the Temporal UI understands."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import count
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, FailureError, is_cancelled_exception

from steps.crossing import from_activity
from steps.earlier import tried_before
from steps.errors import CallFailed, FetchFailed, StepsError
from steps.pauses import PAUSING, pause_for
from steps.priority import priority_of
from steps.reconnection import reconnected
from steps.retry import Retry

T = TypeVar("T")

HEARTBEAT_TIMEOUT = timedelta(seconds=10)
LONGEST_TURN = timedelta(seconds=60)
"""How long a call may wait inside the worker for the turn of its connection."""
_MAX_SUMMARY_BYTES = 200
# A look into the vault: quick, and repeated for as long as the vault is down, since the run can only wait for it.
_LOOKUP_TIMEOUT = timedelta(seconds=10)
_LOOKUP_RETRY = RetryPolicy(initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30))
_LOOKUP_TIMER_FROM = timedelta(seconds=5)


async def look_up(activity: str, argument: Any, result_type: type[T], *, summary: str, wait: bool = True) -> T:
    """Read from the vault by a local activity: one event of history instead of six.

    With `wait`, a connection that has to be connected again is waited for.
    """
    while True:
        try:
            return await workflow.execute_local_activity(
                activity,
                argument,
                result_type=result_type,
                start_to_close_timeout=_LOOKUP_TIMEOUT,
                retry_policy=_LOOKUP_RETRY,
                local_retry_threshold=_LOOKUP_TIMER_FROM,
                summary=cut(summary),
            )
        except FailureError as error:
            failure = error
        if not wait or not await reconnected(failure, summary):
            raise_for_step(failure, summary)


async def send(
    activity: str,
    argument: Any,
    result_type: type[T],
    *,
    timeout: float,  # noqa: ASYNC109  # the activity keeps it; asyncio.timeout would not be durable
    retry: Retry,
    summary: str,
) -> T:
    """Run a call of the outside by an activity; `timeout` in seconds is that of one attempt.

    What keeps it from being sent uses up no attempt: the run waits for it.
    """
    policy = lasting(retry)

    async def attempt(argument: Any) -> T:
        return await workflow.execute_activity(
            activity,
            argument,
            result_type=result_type,
            # The call keeps its own time; this is for the worker that died without a word between two heartbeats.
            start_to_close_timeout=timedelta(seconds=timeout + 15) + LONGEST_TURN,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=policy,
            summary=cut(summary),
            priority=priority_of(argument),
        )

    return await until_sent(attempt, argument, summary)


def lasting(retry: Retry) -> RetryPolicy:
    """Return the policy of a call whose run waits for what keeps it from being sent."""
    policy = retry.policy()
    policy.non_retryable_error_types = list(PAUSING)
    return policy


async def until_sent(attempt: Callable[[Any], Awaitable[T]], argument: Any, summary: str) -> T:
    """Make a call again, after a wait, for as long as something keeps it from being sent."""
    for pauses in count():
        try:
            return await attempt(argument)
        except FailureError as error:
            failure = error
        cause = failure.cause if isinstance(failure, ActivityError) else failure
        argument = tried_before(argument, cause)
        if await reconnected(failure, summary):
            continue
        pause = pause_for(cause, pauses)
        if pause is None:
            raise_for_step(failure, summary)
        await workflow.sleep(pause.length, summary=cut(f"waiting for {pause.reason} · {summary}"))
        if pause.mark:
            argument = argument.model_copy(update=pause.mark)
    raise AssertionError("count() has no end")


async def run_activity(
    activity: str | Callable[..., Any],
    arguments: list[Any],
    *,
    timeout: timedelta,  # noqa: ASYNC109  # Temporal keeps it; asyncio.timeout would not be durable
    retry: Retry,
) -> Any:
    """Run an operator's own activity."""
    name = activity if isinstance(activity, str) else getattr(activity, "__name__", str(activity))
    try:
        return await workflow.execute_activity(
            activity, args=arguments, start_to_close_timeout=timeout, retry_policy=retry.policy(), summary=cut(name)
        )
    except ActivityError as error:
        raise_for_step(error, name, timed_out=CallFailed)


def raise_for_step(error: FailureError, call: str, *, timed_out: type[StepsError] = FetchFailed) -> NoReturn:
    """Raise what the step sees. A cancelled call stays a cancelled call."""
    if is_cancelled_exception(error):
        raise error
    raise from_activity(error, call, timed_out=timed_out) from error


def place(method: str, url: str) -> str:
    """Name a request by method, host and path: a query may hold what no summary should."""
    parts = urlsplit(url)
    return f"{method.upper()} {parts.hostname or '?'}{parts.path}"


def cut(summary: str) -> str:
    """Return a summary as long as Temporal takes it."""
    return summary.encode()[:_MAX_SUMMARY_BYTES].decode(errors="ignore")
