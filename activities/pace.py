"""Pacing: the calls of one connection leave below the limit of its provider, whichever workers they are on."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.retry_after import retry_after
from steps.calls import LONGEST_TURN
from steps.errors import FetchFailed
from steps.http import Lane, Response
from steps.paced import Paced
from vault import Ask, Limit, Paces, Turn, VaultError
from vault.pace import SECOND

# Below the limit, so that ours and the provider's clock may differ; and not all of the burst that it takes at least,
# so that a call which is late on its way does not come with the next.
_OF_THE_RATE = 0.98
_BURST = 2
_REFUSED_FOR_NOW = frozenset({429, 529})

# How far ahead a slot may be, in seconds: who waits for it in the worker keeps others from running there.
_FIRST, _TURNED, _URGENT, _LATER = 2, 3, 10, 10
_MANY = 20  # so many further attempts that one may be spent on waiting
_LAST = round(LONGEST_TURN.total_seconds())

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
            FailureError: it is for a later attempt, which Temporal makes anew in its turn.
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
        with suppress(VaultError):  # the call has been made, and is not to be made again
            for handle in handles:
                for _ in range(sends - 1):
                    await self._paces.take(handle, limit, Ask(within=_LAST * SECOND))
                if rest is not None:
                    await self._paces.hold(handle, limit, rest.total_seconds())

    async def _wait(self, handle: str, limit: Limit, ask: Ask) -> None:
        while True:
            turn = await self._paces.take(handle, limit, ask)
            if not turn.taken:
                raise _turned_away(handle, turn.wait / SECOND)
            if await self._leaves(handle, limit, turn):
                return
            ask = replace(ask, within=max(ask.within, _TURNED * SECOND), queues=False)

    async def _leaves(self, handle: str, limit: Limit, turn: Turn) -> bool:
        """Wait in the slot, and tell whether the call may leave; if not, it must take another."""
        wait: int | None = turn.wait
        while wait:
            await asyncio.sleep(wait / SECOND)
            wait = await self._paces.confirm(handle, limit, turn)
        return wait == 0


def _ask(lane: Lane, *, turned: bool) -> Ask:
    urgent = lane == "interactive"
    if _under_way.get() or (_attempt() > 1 and _left() == 0):
        return Ask(within=_LAST * SECOND, urgent=urgent)
    if urgent:
        return Ask(within=_URGENT * SECOND, urgent=True)
    if _attempt() > 1:
        return Ask(within=(_TURNED if _left() >= _MANY else _LATER) * SECOND)
    return Ask(within=_TURNED * SECOND) if turned else Ask(within=_FIRST * SECOND, queues=True)


def _turned_away(handle: str, seconds: float) -> Exception:
    message = f"The turn of {handle!r} is {seconds:.1f} seconds ahead."
    if _attempt() == 1 and _left() < _MANY and not _under_way.get():
        return Paced(message, handle=handle, wait=seconds)
    # By a further attempt: it costs no events, and where something has been sent, it knows of that.
    delay, category = timedelta(seconds=seconds), ApplicationErrorCategory.BENIGN
    return ApplicationError(message, {}, type=FetchFailed.type, next_retry_delay=delay, category=category)


def _attempt() -> int:
    return activity.info().attempt if activity.in_activity() else 1


def _left() -> int:
    """Return how many attempts there are after this one."""
    policy = activity.info().retry_policy if activity.in_activity() else None
    return max(0, policy.maximum_attempts - _attempt()) if policy else 0
