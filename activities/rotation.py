from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.heartbeat import heartbeats
from steps.key_rotation import MOST_NAMED, Sweep, Swept
from vault import VaultError
from vault.rotation import Page, Rotation

T = TypeVar("T")
log = logging.getLogger("keys")


class RotationActivities:
    """What the rotation of the master key does; only a process with the rotator's rights registers them."""

    def __init__(self, rotation: Rotation) -> None:
        self._rotation = rotation

    def all(self) -> list[Callable[..., Any]]:
        """Return what a worker registers."""
        return [
            self.keys_current,
            self.keys_begin,
            self.keys_columns,
            self.keys_rewrap,
            self.keys_left,
            self.keys_retire,
        ]

    @activity.defn
    async def keys_current(self) -> str:
        """Return the id of the key that new values are sealed under."""
        return await _told(self._rotation.current())

    @activity.defn
    async def keys_begin(self, before: str) -> str:
        """Make a new key in the place of `before`, unless that has been done, and return its id."""
        return await _told(self._rotation.begin(before))

    @activity.defn
    async def keys_columns(self) -> list[str]:
        """Return the columns that hold sealed values."""
        return self._rotation.columns

    @activity.defn
    async def keys_rewrap(self, sweep: Sweep) -> Swept:
        """Rewrap some pages of a column; what a killed attempt has done is passed over by the next one."""
        swept = Swept(sweep.after)
        async with heartbeats():
            for _ in range(sweep.pages):
                page = await _told(self._rotation.rewrap(sweep.column, swept.after, most=sweep.page))
                swept = _added(swept, page)
                if swept.after is None:
                    break
        return swept

    @activity.defn
    async def keys_left(self) -> int:
        """Return how many values are not under the current key."""
        async with heartbeats():
            return await _told(self._rotation.left())

    @activity.defn
    async def keys_retire(self, before: str) -> bool:
        """Give up the keys that are older than this one, unless something is left under them; tell whether it did."""
        async with heartbeats():
            return await _told(self._rotation.retire(before))


def _added(swept: Swept, page: Page) -> Swept:
    return Swept(
        page.after,
        swept.rewrapped + page.rewrapped,
        swept.overtaken + page.overtaken,
        swept.unreadable + len(page.unreadable),
        [*swept.named, *page.unreadable][:MOST_NAMED],
    )


async def _told(call: Awaitable[T]) -> T:
    """Await a call, and raise as Temporal's failure what it raises: only an outage is tried again."""
    failure: ApplicationError
    try:
        return await call
    except VaultError as error:
        if error.retryable:
            log.warning("%s It is tried again.", error)
        failure = ApplicationError(str(error), type=error.type, non_retryable=not error.retryable)
    raise failure
