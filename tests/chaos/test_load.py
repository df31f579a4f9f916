"""Many runs that sleep, and a burst of triggers beside them: how long the answers take, and what it costs in memory."""

from __future__ import annotations

import asyncio
import os
import random
import statistics
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from steps import Trigger
from tests.chaos.counting import counted, ended_runs
from tests.chaos.memory import Memory, memory_of
from tests.chaos.plant import APIS, Plant
from tests.chaos.sender import Shop
from tests.conftest import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(3_000), pytest.mark.asyncio(loop_scope="session")]

# `make test-load` sets it to 1; some dozens are part of `make test`.
LOAD = float(os.environ.get("LOAD", "0.004"))
SLEEPERS, TRIGGERS, AT_ONCE = round(10_000 * LOAD), round(5_000 * LOAD), 64
_SLEEPING = "WorkflowType = 'Sleeper' AND ExecutionStatus = 'Running'"


async def test_a_burst_of_triggers_beside_sleeping_runs_is_taken_and_worked_off(plant: Plant, figures: list[str]):
    client = await plant.client()
    memory = {"before": memory_of(plant)}
    began = time.monotonic()
    await _at_once(SLEEPERS, lambda number: _sleep(client, number))

    async def all_asleep() -> bool:
        # Asleep is who has a timer, which the worker has asked for: nothing is left for the workers to do.
        found = await client.count_workflows(_SLEEPING)
        return found.count == SLEEPERS and not await plant.backlog()

    await eventually(all_asleep, seconds=1_500, every=0.5)
    figures.append(f"{SLEEPERS:,} runs asleep after {time.monotonic() - began:.1f} s")
    memory["asleep"] = memory_of(plant)

    shop, seconds = Shop(plant, random.Random(1), mark="load ", patient=True), list[float]()
    began = time.monotonic()
    async with httpx.AsyncClient(trust_env=False, timeout=60, limits=httpx.Limits(max_connections=AT_ONCE)) as http:

        async def send(_: int) -> None:
            delivery = shop.next(delay=0)
            await shop.deliver(http, delivery)
            assert delivery.accepted
            seconds.append(delivery.accepted - delivery.begun)

        await _at_once(TRIGGERS, send)
    taken = time.monotonic() - began
    memory["burst"] = memory_of(plant)
    runs = await ended_runs(client, 1_500)
    off = time.monotonic() - began
    memory["after"] = memory_of(plant)

    cuts = statistics.quantiles(seconds, n=100)
    figures += [
        f"{TRIGGERS:,} triggers to {len(APIS)} APIs, {AT_ONCE} at a time: {taken:.1f} s, {TRIGGERS / taken:.0f}/s",
        f"until the answer: p50 {cuts[49]:.3f} s, p95 {cuts[94]:.3f} s, p99 {cuts[98]:.3f} s",
        f"refused sends: {dict(shop.refused) or 'none'}; STEPS_DELIVERIES_PER_MINUTE is 0, without a limit",
        f"worked off after {off:.1f} s: {TRIGGERS / off:.1f} runs a second",
        f"workflow tasks over 5 s: {plant.logged('TMPRL1104')}, taken for deadlocked: {plant.logged('TMPRL1101')}",
        *_table(memory),
    ]
    count = await counted(plant, runs, shop.ledger, mark="load ")
    assert not {what: found for what, found in count.wrong.items() if found}
    assert count.accepted == TRIGGERS
    assert (await client.count_workflows(_SLEEPING)).count == SLEEPERS


async def _sleep(client: Client, number: int) -> None:
    await client.start_workflow("Sleeper", Trigger(data={"number": number}), id=f"sleeper/{number}", task_queue="steps")


async def _at_once(many: int, do: Callable[[int], Coroutine[Any, Any, None]]) -> None:
    """Do it so many times, a bounded number at a time."""
    numbers = iter(range(many))

    async def work() -> None:
        for number in numbers:
            await do(number)

    async with asyncio.TaskGroup() as workers:
        for _ in range(AT_ONCE):
            workers.create_task(work())


def _table(memory: dict[str, dict[str, Memory]]) -> list[str]:
    """Return the memory of each process at each time, as RSS and PSS."""
    lines = [f"{'MiB, RSS / PSS':16}" + "".join(f"{when:>16}" for when in memory)]
    return lines + [
        f"{name:16}" + "".join(f"{found[name]!s:>16}" for found in memory.values()) for name in memory["before"]
    ]
