"""Measuring: both sides in turn, on the same server, so that what else the machine does meets both."""

from __future__ import annotations

import asyncio
import math
import shutil
import statistics
import sys
import time
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from temporalio.client import Client, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import WorkflowEnvironment

from bench.cases import Case
from bench.worker import WorkerProcess

CONCURRENCY = 20
ROUNDS = 5
WARM_UP = 2
# The SDK's threads hand over their last answer before they have let go of Python: one that ended then would crash.
SETTLE = 0.2
MEASURES = {
    "wall": "wall time, ms",
    "throughput": f"runs per second, {CONCURRENCY} at a time",
    "cpu": "worker CPU per run, ms",
    "events": "history events",
    "bytes": "history bytes",
}


@dataclass(frozen=True)
class Figure:
    """One measure of one case: medians of both sides; of the ratios of the pairs, the median and the quartiles."""

    steps: float
    hand: float
    ratio: float
    low: float
    high: float


@dataclass
class Samples:
    """What one side has shown, by measure, in the order of the pairs."""

    by_measure: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in MEASURES})

    def add(self, **values: float) -> None:
        """Keep one value of each measure that is named."""
        for name, value in values.items():
            self.by_measure[name].append(value)


class Side:
    """One of the two: its worker, and how its runs are started."""

    def __init__(self, name: str, client: Client, worker: WorkerProcess) -> None:
        self.name, self._client, self._worker = name, client, worker

    async def run_one(self, case: Case) -> tuple[float, WorkflowHandle[Any, Any]]:
        """Run to the end; return how long it took."""
        began = time.monotonic()
        handle = await self.start(case)
        result = await self.returned(handle)
        ended = time.monotonic()
        if case.until_first:  # the clock is the machine's, so that the worker's time can be set against ours
            ended = float(result)
        return ended - began, handle

    async def run_alone(self, case: Case, samples: Samples) -> None:
        """Measure one run on an idle machine, and its history."""
        wall, handle = await self.run_one(case)
        history = await handle.fetch_history()
        size = sum(event.ByteSize() for event in history.events)
        samples.add(wall=wall * 1_000, events=len(history.events), bytes=size)

    async def run_many(self, case: Case, count: int, samples: Samples) -> None:
        """Measure how many runs end in a second when some are always under way, and what one costs the worker."""
        numbers = iter(range(count))

        async def lane() -> None:
            for _ in numbers:
                await self.run_one(case)

        cpu, began = await self._worker.cpu(), time.monotonic()
        await asyncio.gather(*(lane() for _ in range(min(CONCURRENCY, count))))
        took = time.monotonic() - began
        used = await self._worker.cpu() - cpu
        samples.add(throughput=count / took, cpu=used / count * 1_000)

    async def start(self, case: Case) -> WorkflowHandle[Any, Any]:
        """Start a run by a plain client."""
        prefix, argument = ("Steps", {"data": case.data}) if self.name == "steps" else ("Hand", case.data)
        return await self._client.start_workflow(
            prefix + case.shape, argument, id=f"{case.name}/{uuid.uuid4()}", task_queue=self.name
        )

    async def all_ended(self, prefix: str, count: int) -> None:
        """Wait until so many runs have ended, asking twice a second; raises TimeoutError after ten minutes."""
        query = f"WorkflowId STARTS_WITH '{prefix}/' AND ExecutionStatus = 'Completed'"
        for _ in range(1_200):
            if (await self._client.count_workflows(query)).count >= count:
                return
            await asyncio.sleep(0.5)
        raise TimeoutError(f"{self.name}: not all of {count} runs have ended.")

    async def returned(self, handle: WorkflowHandle[Any, Any]) -> Any:
        """Return what the workflow, or its last step, returned."""
        result = await handle.result()
        return result["result"] if self.name == "steps" else result


@asynccontextmanager
async def sides() -> AsyncGenerator[tuple[Side, Side]]:
    """Start a Temporal server that keeps its database in memory, and a worker process for each side."""
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        dev_server_existing_path=_server(),
        dev_server_log_level="error",
        data_converter=pydantic_data_converter,
        dev_server_extra_args=["--output", "none"],
    ) as environment:
        address = environment.client.service_client.config.target_host
        steps, hand = await asyncio.gather(*(WorkerProcess.start(name, address) for name in ("steps", "hand")))
        try:
            yield Side("steps", environment.client, steps), Side("hand", environment.client, hand)
        finally:
            await asyncio.gather(steps.stop(), hand.stop())
    await asyncio.sleep(SETTLE)


async def measure(case: Case, both: tuple[Side, Side], runs: int) -> dict[str, Figure]:
    """Measure a case: `runs` of each side alone, then up to five rounds of twice as many, 20 at a time."""
    await asyncio.gather(*(side.run_one(case) for side in both for _ in range(min(WARM_UP, runs))))
    samples = {side.name: Samples() for side in both}
    await _in_turn(both, runs, lambda side: side.run_alone(case, samples[side.name]))
    await _in_turn(both, min(ROUNDS, runs), lambda side: side.run_many(case, 2 * runs, samples[side.name]))
    steps, hand = samples["steps"].by_measure, samples["hand"].by_measure
    return {name: compare(steps[name], hand[name]) for name in MEASURES}


def compare(steps: Sequence[float], hand: Sequence[float]) -> Figure:
    """Compare the pairs, each of which was measured within the same moment."""
    ratios = [ours / theirs if theirs else math.nan for ours, theirs in zip(steps, hand, strict=True)]
    low, ratio, high = statistics.quantiles(ratios, n=4, method="inclusive") if len(ratios) > 1 else ratios * 3
    return Figure(statistics.median(steps), statistics.median(hand), ratio, low, high)


async def _in_turn(both: tuple[Side, Side], times: int, act: Callable[[Side], Awaitable[None]]) -> None:
    """Let the two go first by turns: the second finds caches warm, and the first a machine at rest."""
    for number in range(times):
        for side in both if number % 2 == 0 else reversed(both):
            await act(side)


def _server() -> str:
    beside = Path(sys.executable).with_name("temporal")
    found = str(beside) if beside.exists() else shutil.which("temporal")
    if found is None:
        raise SystemExit("The program 'temporal' is missing; `make install` brings it.")
    return found
