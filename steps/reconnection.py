"""Connections that have lost their authorization: a call waits until somebody has connected them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception

from steps.attributes import Attributes
from steps.crossing import from_activity
from steps.errors import ConnectionNeedsReauthorization
from steps.http import ConnectionRequest
from steps.log import RunLog
from steps.parts import details_of
from steps.record import LostConnection

SIGNAL = "steps.reconnected"
ACTIVITY = "await_connection"
MAX_RECONNECTION_WAIT = timedelta(days=30)
LONGEST_LOOK = timedelta(minutes=10)
# Temporal's server repeats the look, and an attempt of an activity is no event: however long the wait, the history
# grows by the same few.
_LOOKS = RetryPolicy(initial_interval=timedelta(seconds=1), backoff_coefficient=2.0, maximum_interval=LONGEST_LOOK)
_ONE_LOOK = timedelta(seconds=15)


@dataclass
class _Lost:
    """One connection that calls of the run wait for; `look` ends when the vault has it again."""

    since: datetime
    look: workflow.ActivityHandle[None]
    waiting: int = 0
    over: bool = False


class Reconnections:
    """Let the calls of a run wait for a connection, all of them by one look into the vault."""

    def __init__(self, log: RunLog, attributes: Attributes, wake: Callable[[], None]) -> None:
        self._log, self._attributes, self._wake = log, attributes, wake
        self._lost: dict[str, _Lost] = {}
        self.closed = False  # the run is being cancelled, and waits for nothing any more

    @property
    def lost(self) -> list[LostConnection]:
        """The connections that the run waits for, and how many calls wait for each."""
        return [LostConnection(handle=name, since=one.since, calls=one.waiting) for name, one in self._lost.items()]

    async def wait(self, handle: str, step: str) -> None:
        """Wait until the connection is active again.

        Raises:
            ActivityError: it is gone, or was revoked, or nobody has connected it again in 30 days.
        """
        lost = self._lost.get(handle) or self._begin(handle, step)
        lost.waiting += 1
        try:
            await workflow.wait_condition(lambda: lost.over or lost.look.done())
        finally:
            lost.waiting -= 1
            if not lost.waiting:
                self._end(handle, lost)
        if not lost.over and (failure := lost.look.exception()):
            raise failure

    def reconnected(self, handle: object) -> None:
        """Take in that somebody has connected an account again."""
        if isinstance(handle, str) and (lost := self._lost.get(handle)):
            lost.over = True

    def _begin(self, handle: str, step: str) -> _Lost:
        look = workflow.start_activity(
            ACTIVITY,
            ConnectionRequest(handle=handle),
            start_to_close_timeout=_ONE_LOOK,
            schedule_to_close_timeout=MAX_RECONNECTION_WAIT,
            retry_policy=_LOOKS,
            summary=f"waiting for {handle} to be connected again",
        )
        look.add_done_callback(_seen)
        lost = self._lost[handle] = _Lost(workflow.now(), look)
        message = f"Waiting for {handle} to be connected again: {how_to(handle)}. Then the run goes on by itself."
        self._log.add("warning", message, step=step, branch=None, fields={})
        self._attributes.lose(handle)
        self._wake()  # to show it
        return lost

    def _end(self, handle: str, lost: _Lost) -> None:
        if lost.over or (lost.look.done() and not lost.look.cancelled() and not lost.look.exception()):
            self._log.add("info", f"{handle} is connected again", step=None, branch=None, fields={})
        lost.look.cancel()
        del self._lost[handle]
        self._attributes.find(handle)
        self._wake()


async def reconnected(failure: FailureError, call: str) -> bool:
    """Wait, where a call failed for a lost connection, until it is there again; tell whether that is so.

    Raises:
        StepsError: nobody has connected it again in 30 days, or it is gone for good.
    """
    handle = _lost_by(failure)
    # Not handed down to here: the run is the same for whatever calls.
    reconnections: Reconnections = workflow.instance()._run.reconnections
    if handle is None or reconnections.closed:
        return False
    try:
        await reconnections.wait(handle, call.partition(" · ")[0])
    except ActivityError as error:
        if is_cancelled_exception(error):
            raise
        ended = from_activity(error, call, timed_out=ConnectionNeedsReauthorization)
        if isinstance(ended, ConnectionNeedsReauthorization) and not ended.revoked:
            days = MAX_RECONNECTION_WAIT.days
            message = f"Nobody has connected {handle!r} again within {days} days: {how_to(handle)}; then retry the run."
            ended = ConnectionNeedsReauthorization(message, handle=handle)
        raise ended from error
    return True


def how_to(handle: str) -> str:
    """Say where a person connects an account again."""
    return f"OAuth Connections → {handle} → Reconnect, with the same handle"


def _lost_by(failure: FailureError) -> str | None:
    cause = failure.cause if isinstance(failure, ActivityError) else failure
    if not isinstance(cause, ApplicationError) or cause.type != ConnectionNeedsReauthorization.type:
        return None
    found = details_of(cause)
    handle = found.get("handle")
    return handle if isinstance(handle, str) and handle and not found.get("revoked") else None


def _seen(look: Any) -> None:
    if not look.cancelled():
        look.exception()  # asyncio complains of one that nobody looked at
