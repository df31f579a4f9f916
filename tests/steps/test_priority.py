from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client
from temporalio.common import Priority
from temporalio.testing import WorkflowEnvironment

from steps.http import ConnectionRequest, FetchRequest, NotionRequest
from steps.priority import priority_of
from steps.sealed import make_reference
from temporal import plugin
from tests.conftest import binary, eventually
from tests.steps.harness import PROOF, Outside, start, working
from tests.steps.pace_flows import PACE_FLOWS

SEALED = {"Authorization": f"Bearer {make_reference('connection', 'my-notion', PROOF)}"}
VARIABLE = {"Authorization": f"Bearer {make_reference('variable', 'MAIL_KEY', PROOF)}"}


@pytest.mark.parametrize(
    ("request_", "priority"),
    [
        (FetchRequest(url="https://a"), Priority()),
        (FetchRequest(url="https://a", headers=VARIABLE), Priority()),
        (FetchRequest(url="https://a", headers=SEALED), Priority(fairness_key="my-notion")),
        (FetchRequest(url="https://a", lane="interactive"), Priority(priority_key=1)),
        (
            NotionRequest(handle="my-notion", method="GET", path="/v1/pages/1", lane="interactive"),
            Priority(priority_key=1, fairness_key="my-notion"),
        ),
        (NotionRequest(handle="é" * 40, method="GET", path="/v1/pages/1"), Priority(fairness_key="é" * 32)),
        (ConnectionRequest(handle="my-notion"), Priority()),
        ("anything", Priority()),
    ],
)
def test_the_priority_of_a_call(request_: Any, priority: Priority):
    assert priority_of(request_) == priority


class OneByOne(Outside):
    """Keep each call until it is let go, and note the order."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[str] = []
        self.go = asyncio.Event()

    @activity.defn(name="notion")
    async def notion(self, request: NotionRequest) -> dict[str, Any]:
        self.pages.append(request.path.rpartition("/")[2])
        await self.go.wait()
        return {}

    def all(self) -> list[Any]:
        return [*super().all(), self.notion]


Starter = Callable[[str, str, str], Awaitable[None]]


async def order(client: Client, fill: Callable[[Starter], Awaitable[None]]) -> list[str]:
    """Fill the queue of a worker with one slot, which is taken; return the order in which the calls were made."""
    outside = OneByOne()
    async with working(client, outside, workflows=PACE_FLOWS, max_concurrent_activities=1) as queue:
        runs: list[Any] = []

        async def begin(name: str, handle: str, page: str) -> None:
            run = await start(client, queue, name, {"handle": handle, "page": page})
            runs.append(run)

            async def scheduled() -> bool:
                return len((await run.describe()).raw_description.pending_activities) == 1

            await eventually(scheduled)

        await begin("Calls", "first", "first")
        await fill(begin)
        assert outside.pages == ["first"]
        outside.go.set()
        await asyncio.gather(*(run.result() for run in runs))
    return outside.pages[1:]


class Lanes(Outside):
    """Answer with the lane that a call is in, and what it is."""

    @activity.defn(name="notion")
    async def notion(self, request: NotionRequest) -> dict[str, Any]:
        return {"lane": request.lane, "adapt": request.adapt, "version": request.version}

    def all(self) -> list[Any]:
        return [*super().all(), self.notion]


@pytest.mark.parametrize(
    ("flow", "interactive", "lane"),
    [
        ("Prefers", None, "bulk"),
        ("Prefers", True, "interactive"),
        ("Prefers", False, "bulk"),
        ("AskedPrefers", None, "interactive"),
        ("AskedPrefers", False, "bulk"),
    ],
)
async def test_an_author_says_whether_somebody_waits(
    virtual_time: WorkflowEnvironment, flow: str, interactive: bool | None, lane: str
):
    async with working(virtual_time.client, Lanes(), workflows=PACE_FLOWS) as queue:
        run = await start(virtual_time.client, queue, flow, {"interactive": interactive})
        assert (await run.result())["result"] == {"lane": lane, "adapt": True, "version": None}


# A task queue has four partitions by default, each with an order of its own, which a worker asks by turns.
ONE_PARTITION = [
    "matching.numTaskqueueReadPartitions=1",
    "matching.numTaskqueueWritePartitions=1",
    "matching.enableFairness=true",
]


@pytest.fixture
async def fair_server() -> AsyncIterator[Client]:
    """A server that serves fairness keys by turns, which it does not by default."""
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        dev_server_existing_path=binary("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=[part for value in ONE_PARTITION for part in ("--dynamic-config-value", value)],
        plugins=[plugin()],
    ) as environment:
        yield environment.client


@pytest.mark.server
async def test_a_call_that_somebody_waits_for_goes_before_a_backlog(dev_server: WorkflowEnvironment):
    async def fill(begin: Starter) -> None:
        for number in range(24):
            await begin("Calls", "my-notion", f"bulk-{number}")
        await begin("AskedCalls", "my-notion", "asked")

    made = await order(dev_server.client, fill)
    assert made.index("asked") < 16, made  # of 25; those before it were handed out before it came


@pytest.mark.server
async def test_connections_share_a_backlog_where_the_server_is_told_to(fair_server: Client):
    async def fill(begin: Starter) -> None:
        for number in range(12):
            await begin("Calls", "busy", f"busy-{number}")
        for number in range(2):
            await begin("Calls", "other", f"other-{number}")
        await begin("AskedCalls", "busy", "asked")

    made = await order(fair_server, fill)
    assert made[0] == "asked"
    assert made.index("other-1") < 6, made
