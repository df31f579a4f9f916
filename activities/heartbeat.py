from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio import activity

from activities.exchange import NotSent

SECONDS = 3.0  # a third of the heartbeat time-out that steps set, so that one may get lost


class Pulse:
    """The heartbeat of one attempt: what it leaves for the next one, and whether it still counts.

    `left` reaches the next attempt when this one fails; a worker that is killed leaves nothing. The beats in between
    tell nothing, so that what a next attempt is told was known at the end.
    """

    def __init__(self, beat_within: timedelta | None, end_within: timedelta | None) -> None:
        self.left: dict[str, Any] | None = None
        self._silence = None if beat_within is None else beat_within.total_seconds() / 2
        self._longest = None if end_within is None else end_within.total_seconds()
        self._began = self._last = _clocks()
        self._missed = False

    def beat(self) -> None:
        """Tell Temporal that the call is under way."""
        self._look()
        self._last = _clocks()
        activity.heartbeat()

    def check(self) -> None:
        """Refuse to send what another attempt may be sending by now.

        Raises:
            NotSent: this process stood still, or the attempt is nearly over, so that Temporal may have given it up.
        """
        self._look()
        if self._missed:
            raise NotSent("This worker stood still, so that another attempt may be under way; nothing was sent.")
        if self._silence and self._longest and _since(self._began) + self._silence > self._longest:
            raise NotSent("The attempt had too little time left; nothing was sent.")

    def _look(self) -> None:
        # For good: once missed, a beat that follows does not bring the attempt back.
        self._missed = self._missed or (self._silence is not None and _since(self._last) > self._silence)


@asynccontextmanager
async def heartbeats() -> AsyncGenerator[Pulse, None]:
    """Tell Temporal that the call is under way, for as long as the block runs; this is how a cancellation arrives."""
    info = activity.info()
    pulse = Pulse(info.heartbeat_timeout, info.start_to_close_timeout)
    task = asyncio.create_task(_beat(pulse))
    failed = True
    try:
        yield pulse
        failed = False
    finally:
        task.cancel()
        await asyncio.wait([task])
        if failed and pulse.left is not None:
            activity.heartbeat(pulse.left)  # sent along with the failure


async def _beat(pulse: Pulse) -> None:
    while True:
        await asyncio.sleep(SECONDS)  # first: a call that is over by then costs the server nothing
        pulse.beat()


def _clocks() -> tuple[float, float]:
    return time.monotonic(), time.time()


def _since(before: tuple[float, float]) -> float:
    """Return the seconds by the clock that saw more: the monotonic one stands still in a suspended machine."""
    return max(now - then for now, then in zip(_clocks(), before, strict=True))
