"""Killed workers and a Notion that fails: every order has its page, and none has two."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections import Counter
from collections.abc import Awaitable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.chaos.conftest import CHAOS, SMOKE
from tests.chaos.yard import Yard, opened
from tests.conftest import eventually

pytestmark = [pytest.mark.server, pytest.mark.timeout(1_800), pytest.mark.asyncio(loop_scope="session")]

SEED = 2_026
RUNS, IN_THE_AIR = round(1_000 * CHAOS), round(300 * CHAOS)
SIDES = ["before", "after"] if CHAOS >= 1 else ["before"]
_KILLING_SECONDS = 5 + 60 * max(0.0, CHAOS - 0.1)  # after that the workers stay, so that the test has an end


@dataclass
class Scene:
    """What became of the runs: how often each page and each of their paragraphs is there."""

    pages: Counter[str]
    paragraphs: Counter[str]
    results: list[str]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def scenes(
    dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory, figures: list[str]
) -> dict[str, Scene]:
    """All of them: at once in `make test`, where they mostly wait; else one after the other."""
    client = dev_server.client
    acts: dict[str, Awaitable[Scene]] = {}
    for name in (*SIDES, *([] if SMOKE else ["chaos"])):
        folder = tmp_path_factory.mktemp(name)
        opening = opened(client, folder, f"{name}-{uuid.uuid4()}", workers=2 if name == "chaos" else 1, settle=2)
        acts[name] = _play(opening, name, figures)
    if CHAOS < 1:
        return dict(zip(acts, await asyncio.gather(*acts.values()), strict=True))
    return {name: await act for name, act in acts.items()}


@pytest.mark.parametrize("side", SIDES)
async def test_a_worker_killed_with_many_writes_in_the_air_doubles_none(scenes: dict[str, Scene], side: str):
    """`side` says whether the kill comes before or after Notion's work, which it does in either case."""
    assert scenes[side].pages == {f"#{number}": 1 for number in range(IN_THE_AIR)}
    assert scenes[side].paragraphs == dict.fromkeys(scenes[side].results, 1)


@pytest.mark.skipif(SMOKE, reason="the storm has these disturbances in `make test`, too")
async def test_every_run_has_its_page_whatever_fails_and_whoever_is_killed(scenes: dict[str, Scene]):
    assert scenes["chaos"].pages == {f"#{number}": 1 for number in range(RUNS)}
    assert scenes["chaos"].paragraphs == dict.fromkeys(scenes["chaos"].results, 1)


async def _play(opening: AbstractAsyncContextManager[Yard], name: str, figures: list[str]) -> Scene:
    async with opening as yard:
        began = time.monotonic()
        what, results = await (_chaos(yard) if name == "chaos" else _in_the_air(yard, name))
        pages = yard.titles()
        doubled, calls = sum(count > 1 for count in pages.values()), yard.calls()
        figures.append(
            f"{what}: {len(pages)} pages, {doubled} of them twice; {calls['writes']} writes, {calls['looks']} looks, "
            f"{yard.faults()} calls failed, {yard.kills} kills, {time.monotonic() - began:.1f} s (seed {SEED})"
        )
        return Scene(pages, yard.paragraphs(), results)


async def _in_the_air(yard: Yard, side: str) -> tuple[str, list[str]]:
    # Long enough for all of them to leave before the first is answered.
    yard.notion.workspace.latency.set({"seconds": 2 if CHAOS < 1 else 8, "before": side == "before"})
    orders = (yard.order(number, plain=number % 2 == 0, paragraph=True) for number in range(IN_THE_AIR))
    runs = await asyncio.gather(*orders)
    posts = await _killed_when(yard, "POST", "/v1/pages", IN_THE_AIR)
    # Half of the paragraphs, for the runs come to them one after the other; each kill costs ten seconds of silence.
    patches = 0 if SMOKE else await _killed_when(yard, "PATCH", "/v1/blocks/", IN_THE_AIR // 2)
    yard.notion.workspace.latency.set({"seconds": 0})
    results = [(await run.result())["result"] for run in runs]
    return (
        f"killed with {posts} of {IN_THE_AIR} posts and then {patches} patches in the air, {side} their effect",
        results,
    )


async def _killed_when(yard: Yard, method: str, path: str, many: int) -> int:
    """Kill the worker when so many calls were sent, and start another; return how many were in the air."""

    def sent() -> list[dict[str, Any]]:
        calls = yard.notion.workspace.calls.as_json()
        return [call for call in calls if call["method"] == method and call["path"].startswith(path)]

    async def enough() -> bool:
        return len(sent()) >= many

    await eventually(enough, seconds=120)
    await yard.kill()
    in_the_air = sum(call["status"] is None for call in sent())
    await yard.start_worker()
    return in_the_air


async def _chaos(yard: Yard) -> tuple[str, list[str]]:
    yard.notion.workspace.chaos.set({"rate": 0.2, "seed": SEED, "seconds": 1, "retry_after": 1})
    yard.notion.workspace.latency.set({"seconds": 0.1})
    killing = asyncio.create_task(_kill(yard))
    runs = [await yard.order(number, plain=number % 2 == 0, paragraph=True) for number in range(RUNS)]
    results = [(await run.result())["result"] for run in runs]
    await killing
    return f"{RUNS} runs", results


async def _kill(yard: Yard) -> None:
    """Kill the workers in turn, and start another in the place of each."""
    chance = random.Random(SEED)
    end, number = time.monotonic() + _KILLING_SECONDS, 0
    while time.monotonic() < end:
        await asyncio.sleep(chance.uniform(0.5, 1.5 if CHAOS < 1 else 4))
        await yard.kill(number)
        await yard.start_worker(number)
        number = 1 - number
