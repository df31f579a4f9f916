"""Bursts against Notion's limits, by two workers."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from local.child import Child
from local.demo import HANDLE, set_database, sign_in_link
from local.notion import ORDERS_DATABASE_ID
from local.stack import Stack
from settings import ROOT, Settings
from tests.conftest import eventually
from tests.end_to_end.conftest import Shop

RATE, RUNS = 10, 60
HERE = Path(__file__).parent

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def busy(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A shop with two workers, which keep to a rate that a test has the time for."""
    flows = tmp_path_factory.mktemp("busy") / "busy_flows"
    flows.mkdir()
    for name in ("post_now.py", "call_now.py", "ask_now.py"):
        shutil.copy(HERE / name, flows)
    data = tmp_path_factory.mktemp("busy-data")
    stack = Stack(Settings(data_dir=data, api_port=0, workflows_dir=flows), lambda _line: None)
    shop = Shop(stack)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEPS_NOTION_REQUESTS_PER_SECOND", str(RATE))
        patch.setenv("PYTHONPATH", str(ROOT))
        other = Child("other", [sys.executable, str(ROOT / "worker.py")], log=data / "other.log", env=stack.env)
        await stack.start()

        async def polls() -> bool:
            return "Polling" in other.output()

        try:
            await other.start(polls)
            await shop.visitor.sign_in(await sign_in_link(stack))
            await shop.visitor.connect_notion(HANDLE)
            await set_database(stack, ORDERS_DATABASE_ID, ("PostNow", "CallNow", "AskNow"))
            yield shop
        finally:
            await shop.close()
            await other.stop()
            await stack.stop()


@pytest.fixture
async def limit(busy: Shop) -> AsyncIterator[Any]:
    async def put(**limit: Any) -> None:
        assert (await busy.notion.put("/_local/rate_limit", json=limit)).is_success

    assert (await busy.notion.delete("/_local/calls")).is_success
    yield put
    await put(mode="off")


async def burst(shop: Shop, name: str, workflow: str = "PostNow", runs: int = RUNS) -> None:
    lanes = asyncio.Semaphore(8)

    async def one(number: int) -> None:
        async with lanes:
            await shop.order(f"{name} {number}", workflow)

    await asyncio.gather(*(one(number) for number in range(runs)))


async def posts(shop: Shop) -> list[dict[str, Any]]:
    return [call for call in await shop.calls("/v1/pages") if call["status"] is not None]


AVERAGE = {"mode": "average", "per_second": RATE, "burst": 12}
WINDOW = {"mode": "window", "requests": 4 * RATE + 12, "seconds": 4}


@pytest.mark.parametrize(
    ("workflow", "allowed"),
    [("PostNow", AVERAGE), ("CallNow", AVERAGE), ("PostNow", WINDOW)],
    ids=["fetch", "notion", "window"],
)
async def test_a_burst_of_runs_ends_without_one_refusal(busy: Shop, limit: Any, workflow: str, allowed: dict[str, Any]):
    await limit(**allowed)
    await burst(busy, f"{workflow} {allowed['mode']}", workflow)

    async def all_posted() -> bool:
        return len(await posts(busy)) >= RUNS

    await eventually(all_posted, seconds=120)
    made = await posts(busy)
    every = (await busy.notion.get("/_local/calls")).json()
    assert len(every) == RUNS, "something else was asked, as for what an earlier attempt had made"
    assert {call["status"] for call in made} == {200}
    moments = sorted(datetime.fromisoformat(call["at"]) for call in made)
    # Four times as long as at best, for a machine that has much else to do.
    assert (moments[-1] - moments[0]).total_seconds() < 4 * RUNS / RATE


async def test_a_call_that_somebody_waits_for_goes_before_those_of_a_burst(busy: Shop, limit: Any):
    await limit(**AVERAGE)
    runs = 2 * RUNS  # so that a machine that has much else to do answers before the last one
    await burst(busy, "before", runs=runs)
    answer = await busy.visitor.http.post(await busy.hook("AskNow"), json={})
    before = len(await posts(busy))
    assert (answer.status_code, answer.json()) == (200, {"title": "Orders"})
    assert before < runs, "the burst was over before"

    async def all_posted() -> bool:
        return len(await posts(busy)) == runs

    await eventually(all_posted, seconds=120)
