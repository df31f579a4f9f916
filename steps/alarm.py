"""The one timer that a run has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

from temporalio import workflow


class Alarm:
    """Wake the run when its next armed branch is due.

    One timer for all branches, not one each: ten thousand sleeping branches then cost one event, also after each
    roll-over, where a timer each would fill the new history before any of them is due.
    """

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._due: datetime | None = None
        self._task: asyncio.Task[None] | None = None

    def set(self, due: datetime, summary: str) -> None:
        """Ring at `due` at the latest; an alarm that is set for earlier stays, and rings for nothing."""
        if self._task is not None and not self._task.done() and self._due is not None and self._due <= due:
            return
        self.clear()
        self._due = due
        self._task = asyncio.create_task(self._sleep(due, summary))

    def clear(self) -> None:
        """Cancel the timer, if one runs."""
        if self._task is not None:
            self._task.cancel()
        self._task = None

    async def _sleep(self, due: datetime, summary: str) -> None:
        # A timer may fire a rounding error before the branch is due; a millisecond at least keeps that from spinning.
        await workflow.sleep(max((due - workflow.now()).total_seconds(), 0.001), summary=summary)
        self._ring()
