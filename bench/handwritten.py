"""The same workflows, written by hand in Temporal's Python SDK."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from bench.calls import noop

Data = dict[str, Any]

_RETRY = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=1), maximum_attempts=5)


async def _call(value: Any) -> Any:
    """Call with the options that `api.call` sets."""
    return await workflow.execute_activity(
        noop, value, start_to_close_timeout=timedelta(minutes=5), retry_policy=_RETRY, summary="noop"
    )


@workflow.defn
class HandChain:
    """Count down, a method call each."""

    @workflow.run
    async def run(self, data: Data) -> int:
        """Count."""
        left: int = data["steps"]
        while left:
            left = await self._count(left)
        return left

    async def _count(self, left: int) -> int:
        return left - 1


@workflow.defn
class HandCalls:
    """Count down, an activity each."""

    @workflow.run
    async def run(self, data: Data) -> int:
        """Call, and count one down."""
        left: int = data["steps"]
        while left:
            left = await _call(left) - 1
        return left


@workflow.defn
class HandFanOut:
    """Run activities side by side."""

    @workflow.run
    async def run(self, data: Data) -> None:
        """Gather them."""
        await asyncio.gather(*(_call(number) for number in range(data["branches"])))


@workflow.defn
class HandFirst:
    """Tell when the workflow's first line ran, on the machine's clock."""

    @workflow.run
    async def run(self, data: Data) -> float:
        """Read the clock."""
        with workflow.unsafe.sandbox_unrestricted():
            return time.monotonic()


@workflow.defn
class HandOrder:
    """Sleep, then run one activity."""

    @workflow.run
    async def run(self, data: Data) -> Any:
        """Sleep and call."""
        await workflow.sleep(data["delay"], summary="record_order")
        return await _call(data["order"])


@workflow.defn
class HandTimer:
    """Sleep until a moment of the machine's clock; tell when the sleep began, and when it ended."""

    @workflow.run
    async def run(self, data: Data) -> list[float]:
        """Sleep, and read the clock."""
        armed = workflow.time()
        await workflow.sleep(max(0.0, data["due"] - armed), summary="fire")
        with workflow.unsafe.sandbox_unrestricted():
            return [armed, time.time()]


HANDWRITTEN: list[type[Any]] = [HandChain, HandCalls, HandFanOut, HandFirst, HandOrder]
