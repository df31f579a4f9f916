"""Pacing: the calls of one connection leave below the limit of its provider, whichever workers they are on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import ContextVar

from temporalio import activity

from activities.retry_after import retry_after
from steps.calls import LONGEST_TURN
from steps.http import Lane, Response
from steps.paced import Paced
from vault import Ask, Limit, Paces, Turn
from vault.pace import SECOND

# Below the limit, so that ours and the provider's clock may differ; and not all of the burst that it takes at least,
# so that a call which is late on its way does not come with the next.
_OF_THE_RATE = 0.98
_BURST = 2
_REFUSED_FOR_NOW = frozenset({429, 529})

# What waits inside the worker keeps others from its slots, and what does not costs events of the history.
_FIRST = Ask(within=2 * SECOND, queues=True)
_AGAIN = Ask(within=3 * SECOND)
_INTERACTIVE = Ask(within=10 * SECOND, urgent=True)
_LATER = Ask(within=round(LONGEST_TURN.total_seconds()) * SECOND)

_under_way: ContextVar[bool] = ContextVar("under_way", default=False)


class Pacer:
    """Let calls wait for their turn; `rates` says how many a second a host takes from one connection, 0 for any."""

    def __init__(self, paces: Paces, rates: Mapping[str, float]) -> None:
        self._paces = paces
        self._limits = {host: Limit.per_second(rate * _OF_THE_RATE, _BURST) for host, rate in rates.items() if rate}

    async def wait(self, handles: Sequence[str], host: str, lane: Lane, *, turned: bool) -> None:
        """Return when a call with the tokens of these connections may leave.

        Raises:
            Paced: that is too far ahead to wait for it here.
        """
        limit = self._limits.get(host)
        if limit is None:
            return
        for handle in handles:
            await self._wait(handle, limit, _ask(lane, turned=turned))
        _under_way.set(True)

    async def note(self, handles: Sequence[str], host: str, answer: Response, *, sends: int) -> None:
        """Take in what a call has shown: that it was sent more than once, or that the provider wants a rest."""
        limit = self._limits.get(host)
        if limit is None:
            return
        rest = retry_after(answer.headers.get("retry-after")) if answer.status in _REFUSED_FOR_NOW else None
        for handle in handles:
            for _ in range(sends - 1):
                await self._paces.take(handle, limit, _LATER)
            if rest is not None:
                await self._paces.hold(handle, limit, rest.total_seconds())

    async def _wait(self, handle: str, limit: Limit, ask: Ask) -> None:
        while True:
            turn = await self._paces.take(handle, limit, ask)
            if not turn.taken:
                seconds = turn.wait / SECOND
                raise Paced(f"The turn of {handle!r} is {seconds:.1f} seconds ahead.", handle=handle, wait=seconds)
            if await self._leaves(handle, limit, turn):
                return
            ask = _AGAIN if ask is _FIRST else ask

    async def _leaves(self, handle: str, limit: Limit, turn: Turn) -> bool:
        """Wait in the slot, and tell whether the call may leave; if not, it must take another."""
        wait: int | None = turn.wait
        while wait:
            await asyncio.sleep(wait / SECOND)
            wait = await self._paces.confirm(handle, limit, turn)
        return wait == 0


def _ask(lane: Lane, *, turned: bool) -> Ask:
    # What cannot be turned away without harm: a retry would use up another attempt, and with a call of this activity
    # already made, that one would be made again.
    if _under_way.get() or (activity.in_activity() and activity.info().attempt > 1):
        return _LATER
    if lane == "interactive":
        return _INTERACTIVE
    return _AGAIN if turned else _FIRST
