"""The main job on both sides: alternating rounds, so that what else the machine does meets both."""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.client import WorkflowHandle

from api.giving import read_given
from api.starting import start_run
from bench.cases import ORDER
from bench.measure import SETTLE, Figure, compare
from bench.place import FLOW, Place, place
from steps.branch import Trigger

AT_ONCE = 16
LONGEST = 120.0  # seconds for all rounds; a machine that is busy makes fewer
MEASURES = {
    "throughput": f"runs a second, {AT_ONCE} at a time",
    "p50": f"latency of one run, median, {AT_ONCE} at a time, ms",
    "p99": f"latency of one run, p99, {AT_ONCE} at a time, ms",
    "alone": "latency of one run, median, one at a time, ms",
    "worker": "worker CPU a run, ms",
    "server": "server CPU a run, ms",
    "events": "history events a run",
    "bytes": "history bytes a run",
}


@dataclass
class Lap:
    """What one side did in one round."""

    throughput: float
    p50: float
    p99: float
    alone: float
    worker: float
    server: float
    events: int
    bytes: int


async def race(runs: int, rounds: int) -> dict[str, Figure]:
    """Measure rounds of that many runs of each side; returns a figure for each measure."""
    laps: dict[str, list[Lap]] = {"steps": [], "hand": []}
    async with place() as here:
        await asyncio.gather(*(many(here, side, min(runs, 3 * AT_ONCE)) for side in laps))
        until = time.monotonic() + LONGEST
        for number in range(rounds):
            for side in ("steps", "hand") if number % 2 == 0 else ("hand", "steps"):
                laps[side].append(await _lap(here, side, runs))
            if time.monotonic() > until:
                break
    await asyncio.sleep(SETTLE)
    return figures(laps["steps"], laps["hand"])


def figures(steps: Sequence[Lap], hand: Sequence[Lap]) -> dict[str, Figure]:
    """Return the medians of both sides, and of the ratios of the rounds."""
    return {
        name: compare([getattr(lap, name) for lap in steps], [getattr(lap, name) for lap in hand]) for name in MEASURES
    }


async def _lap(here: Place, side: str, runs: int) -> Lap:
    alone = [(await _one(here, side))[0] for _ in range(3)]
    worker, server, began = here.cpu(side), here.cpu("server"), time.monotonic()
    ended = await many(here, side, runs)
    took = time.monotonic() - began
    worker, server = here.cpu(side) - worker, here.cpu("server") - server
    latencies = sorted(seconds * 1_000 for seconds, _ in ended)
    history = await ended[-1][1].fetch_history()
    size = sum(event.ByteSize() for event in history.events)
    return Lap(
        throughput=runs / took, p50=_percentile(latencies, 50), p99=_percentile(latencies, 99),
        alone=statistics.median(alone) * 1_000, worker=worker / runs * 1_000, server=server / runs * 1_000,
        events=len(history.events), bytes=size,
    )  # fmt: skip


async def many(here: Place, side: str, runs: int) -> list[tuple[float, WorkflowHandle[Any, Any]]]:
    """Run so many to the end, 16 at a time; return how long each took."""
    numbers, ended = iter(range(runs)), list[tuple[float, WorkflowHandle[Any, Any]]]()

    async def lane() -> None:
        for _ in numbers:
            ended.append(await _one(here, side))

    await asyncio.gather(*(lane() for _ in range(min(AT_ONCE, runs))))
    return ended


async def _one(here: Place, side: str) -> tuple[float, WorkflowHandle[Any, Any]]:
    """Run to the end; return how long it took from the start of the start."""
    began = time.monotonic()
    if side == "steps":
        started = await _start_as_the_api_does(here)
        handle = here.client.get_workflow_handle(started)
        record = await handle.result()
        assert record["log"][-1]["message"].startswith("Created page"), record
    else:
        handle = await here.client.start_workflow("HandOrder", ORDER, id=f"hand/{uuid.uuid4()}", task_queue="hand")
        assert (await handle.result()).startswith("Created page")
    return time.monotonic() - began, handle


async def _start_as_the_api_does(here: Place) -> str:
    async def vault() -> Any:
        return here.vault

    trigger = Trigger(data=ORDER, given=await read_given(FLOW, vault, lambda: here.signer))
    queue = here.settings.task_queue
    return (await start_run(here.client, queue, FLOW, here.flow, trigger, key=None, origin="api")).id


def _percentile(values: Sequence[float], percent: int) -> float:
    return values[round(percent / 100 * (len(values) - 1))]
