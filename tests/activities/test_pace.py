"""The turns of calls with one connection: who waits, who is turned away, and who is not paced."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Coroutine
from datetime import UTC, datetime
from typing import Any

import pytest

from activities.pace import Pacer
from steps.http import Again, NotionRequest
from steps.paced import Paced
from tests.activities.conftest import World
from tests.activities.pacing import LIMIT, PAGE, RATE, Clocked, fetch, notion
from tests.activities.servers import Call, reply, serving
from vault import Ask, Limit, Paces
from vault.pace import SECOND


async def test_fetches_and_calls_of_notion_keep_one_pace_over_two_workers(world: World) -> None:
    seal, came = await world.connect(), Clocked()
    async with (
        serving(came) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as one,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as other,
    ):
        calls: list[Coroutine[Any, Any, Any]] = []
        for worker in (one, other):
            calls += [fetch(worker, seal) for _ in range(5)] + [notion(worker) for _ in range(5)]
        await asyncio.gather(*calls)
    assert len(came.moments) == 20
    # Two at once; the connection's opening is on the way of some.
    assert max(came.moments) - min(came.moments) > 16 / RATE


async def test_a_call_whose_turn_is_far_ahead_is_turned_away_before_anything_is_sent(world: World) -> None:
    seal, came = await world.connect(), Clocked()
    async with (
        serving(came) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as worker,
    ):
        await world.vault.paces.hold("my-notion", LIMIT, 30)
        for call in (fetch(worker, seal), notion(worker), fetch(worker, seal, turned=True)):
            failure = await worker.failure(call)
            assert (failure.type, failure.non_retryable) == ("paced", True)
            assert failure.details[0]["handle"] == "my-notion"
            assert 25 < failure.details[0]["wait"] < 30
    assert came.moments == []


@pytest.mark.parametrize(
    "how", [{"attempt": 2}, {"lane": "interactive"}], ids=["a later attempt", "one that somebody waits for"]
)
async def test_what_cannot_be_turned_away_waits_in_its_worker_and_not_out_of_its_timeout(
    world: World, how: dict[str, Any]
) -> None:
    seal, came = await world.connect(), Clocked()
    async with (
        serving(came) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as worker,
    ):
        began = time.monotonic()
        await world.vault.paces.hold("my-notion", LIMIT, 2.5)
        assert (await fetch(worker, seal, timeout=2, **how)).ok
    assert came.moments[0] - began > 2.4


@pytest.mark.parametrize(
    ("attempt", "attempts", "waits"),
    [(2, 5, False), (1, 100, False), (2, 100, False), (5, 5, True)],
    ids=["a later one", "the first of many", "a later one of many", "the last one waits"],
)
async def test_an_attempt_that_is_not_begun_anew_by_its_run_is_made_by_temporal_in_its_turn(
    world: World, attempt: int, attempts: int, waits: bool
) -> None:
    seal, came = await world.connect(), Clocked()
    async with (
        serving(came) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as worker,
    ):
        await world.vault.paces.hold("my-notion", LIMIT, 13)
        call = fetch(worker, seal, attempt=attempt, attempts=attempts)
        if waits:
            assert (await call).ok
        else:
            failure = await worker.failure(call)
            assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
            assert failure.next_retry_delay is not None
            assert 9 < failure.next_retry_delay.total_seconds() < 12
    assert len(came.moments) == waits


async def test_a_look_up_for_a_run_that_has_waited_has_its_turn_too(world: World) -> None:
    await world.connect()
    limit = Limit.per_second(0.98 * RATE, 2)
    request = NotionRequest(
        handle="my-notion", method="POST", path="/v1/pages", key="Order", turned=True,
        body={"parent": {"database_id": "1"}, "properties": {"Order": {"title": [{"text": {"content": "#1"}}]}}},
        again=Again(since=datetime.now(UTC)),
    )  # fmt: skip
    found = reply(200, {"object": "list", "results": [], "has_more": False})
    async with (
        serving(found) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as worker,
    ):
        for _ in range(600):  # a queue, behind which it is not to go again
            await world.vault.paces.take("my-notion", limit, Ask(within=SECOND, queues=True))
        await worker.environment().run(worker.activities.notion, request)
    assert len(server.calls) == 2


async def test_a_second_call_of_the_same_activity_is_not_turned_away(world: World) -> None:
    pacer = Pacer(world.vault.paces, {"api.notion.com": RATE})

    async def call() -> None:
        await pacer.wait(["my-notion"], "api.notion.com", "bulk", turned=False)

    async def twice() -> None:
        await call()
        await world.vault.paces.hold("my-notion", LIMIT, 2.5)
        await call()

    await asyncio.create_task(twice())
    await world.vault.paces.hold("my-notion", LIMIT, 2.5)
    with pytest.raises(Paced):
        await asyncio.create_task(call())


async def test_a_call_that_is_sent_again_with_a_fresh_token_counts_twice(world: World) -> None:
    seal, token = await world.connect(refresh="nrt_old"), {"fresh": False}
    body = {"access_token": "ntn_new", "refresh_token": "nrt_new", "bot_id": "bot of my-notion", "token_type": "bearer"}

    async def answer(call: Call) -> bytes:
        if call.path == "/v1/oauth/token":
            token["fresh"] = True
            return reply(200, body)
        return PAGE if token["fresh"] else reply(401, {"object": "error", "status": 401, "code": "unauthorized"})

    async with (
        serving(answer) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=0.1) as worker,
    ):
        assert (await fetch(worker, seal)).ok
        assert len(server.asked("/v1/pages/1")) == 2
        assert (await worker.failure(fetch(worker, seal))).type == "paced"


@pytest.mark.parametrize("variable", [False, True])
async def test_a_call_without_the_token_of_a_connection_is_not_paced(
    world: World, variable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.vault.variables.set("OrderToNotion", "KEY", "canary", secret=True, hosts=["api.notion.com"])
    await untouched(world, world.seal("variable", "KEY") if variable else "none", monkeypatch)


async def test_pacing_can_be_switched_off(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await untouched(world, await world.connect(), monkeypatch, notion_requests_per_second=0)


async def untouched(world: World, seal: str, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
    async def refuse(*_arguments: Any) -> Awaitable[Any]:
        raise AssertionError("the pace was asked")

    monkeypatch.setattr(Paces, "take", refuse)
    async with serving(PAGE) as server, world.worker(notion_origin=server.origin, **options) as worker:
        for _ in range(3):
            assert (await fetch(worker, seal)).ok
