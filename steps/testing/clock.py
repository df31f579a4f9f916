"""Virtual time: it stands still while a run works, and jumps to the next moment at which something is due."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from steps.reconnection import MAX_RECONNECTION_WAIT
from steps.testing.errors import RunParked, RunStuck, SimulationError
from steps.testing.progress import next_moment, read

if TYPE_CHECKING:
    from steps.testing.run import SimulatedRun
    from steps.testing.stage import Stage

_LOOK_EVERY = 0.002
_MOMENT = 0.5
_ROUND = timedelta(milliseconds=1)


class Clock:
    """The clock of one world, whose runs share it. `limit` is in seconds of the real one, for one advance.

    `broken` are the connections that nobody has connected again, as they are at any time.
    """

    def __init__(self, stage: Stage, limit: float, broken: Collection[str]) -> None:
        self._stage, self._limit, self._broken = stage, limit, broken

    async def now(self) -> datetime:
        """Return the virtual time."""
        return await self._stage.environment.get_current_time()

    async def advance(
        self, runs: Sequence[SimulatedRun], reached: Callable[[], Awaitable[bool]], until: datetime | None = None
    ) -> None:
        """Let time pass until `reached`, looked at whenever the runs are at rest, or until a moment.

        Raises:
            RunParked, RunStuck: the runs will never come that far.
        """
        deadline = time.monotonic() + self._limit
        while True:
            moment = await self._rest(runs, deadline, sleeping=until is not None)
            if await reached():
                return
            now = await self.now()
            if until is not None and (moment is None or moment >= until):
                await self._jump(until - now)
                await self._rest(runs, deadline, sleeping=True)
                return
            if moment is None:
                raise RunStuck(_stuck(runs, self._broken))
            self._check(runs, deadline)
            await self._jump(moment - now)

    async def forget(self, run_id: str) -> bool:
        """End what a run has started beside itself, such as a key of `api.dedupe`: another test may use the same."""
        handle, deadline = self._stage.client.get_workflow_handle(run_id), time.monotonic() + _MOMENT
        while (progress := await read(handle)).working and not progress.ended:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_LOOK_EVERY)
        if not progress.ended:
            await handle.terminate("the test is over")
        return True

    async def comes_to_rest(self, run: SimulatedRun) -> bool:
        """Tell whether a run has nothing to do now, after a moment of real time."""
        try:
            await self._rest([run], time.monotonic() + _MOMENT, sleeping=False)
        except SimulationError:
            return False
        return True

    async def _rest(self, runs: Sequence[SimulatedRun], deadline: float, *, sleeping: bool) -> datetime | None:
        """Wait until no run has anything to do now; return when one will have.

        A run that only looks for a lost connection has nothing to do, but its looks go on while the test sleeps.
        """
        while True:
            now = await self.now()
            moments = [await self._moment(run, now, sleeping=sleeping) for run in runs if not run.ended]
            if now not in moments:
                return min((moment for moment in moments if moment is not None), default=None)
            self._check(runs, deadline)
            await asyncio.sleep(_LOOK_EVERY)

    def _check(self, runs: Sequence[SimulatedRun], deadline: float) -> None:
        if time.monotonic() > deadline:
            raise RunStuck(
                f"{_names(runs)} is still at work after {self._limit:g} s of real time. A run that goes on for ever is "
                "tested with world.start(...) and run.sleep(...)."
            )

    async def _moment(self, run: SimulatedRun, now: datetime, *, sleeping: bool) -> datetime | None:
        before, progress = run.progress, await read(run.handle)
        run.progress = progress
        if progress.parked is not None:
            raise RunParked(
                f"{run.id} is parked: a step did what cannot be replayed, and a run in production would wait for a "
                f"fixed version. {progress.parked}"
            )
        if progress.ended:
            return None
        if progress.bare and before.events != progress.events:
            return now
        broken = () if sleeping else self._broken
        moments = [await next_moment(run.handle, progress, now, self._stage.stand_ins.failed, broken)]
        moments += [await self._moment_of_writer(child, now) for child in progress.writers]
        return min((moment for moment in moments if moment is not None), default=None)

    async def _moment_of_writer(self, child: str, now: datetime) -> datetime:
        """Return when a run's child does something; it has a call to make for as long as it runs."""
        handle = self._stage.client.get_workflow_handle(child)
        progress = await read(handle)
        if progress.ended:
            return now
        return await next_moment(handle, progress, now, self._stage.stand_ins.failed) or now

    async def _jump(self, pause: timedelta) -> None:
        if pause > timedelta(0):
            await self._stage.environment.sleep(pause + _ROUND)


def _stuck(runs: Sequence[SimulatedRun], broken: Collection[str]) -> str:
    handles = {handle for run in runs if not run.ended for handle in run.progress.waits_for(broken)}
    if not handles:
        return f"{_names(runs)} waits for nothing that time or an event could bring."
    lines = " and ".join(f'await world.reconnect("{handle}")' for handle in sorted(handles))
    days = MAX_RECONNECTION_WAIT.days
    return (
        f"{_names(runs)} waits for somebody to connect {' and '.join(sorted(handles))} again, as it would for {days} "
        f"days. Start it with world.start(...), let it go on with {lines}, or let its time run out with "
        f'run.sleep("{days + 1} days").'
    )


def _names(runs: Sequence[SimulatedRun]) -> str:
    return ", ".join(run.id for run in runs if not run.ended)
