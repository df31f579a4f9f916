"""Connections that are held: by a refusal of theirs, for every worker and nobody else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.activities.conftest import World
from tests.activities.pacing import PAGE, RATE, Clocked, fetch, notion
from tests.activities.servers import reply, serving
from vault import Ask, Limit, Paces, VaultUnavailable


async def test_an_answer_is_not_lost_with_the_vault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seal = await world.connect()

    async def fails(*_arguments: Any) -> None:
        raise VaultUnavailable("gone")

    monkeypatch.setattr(Paces, "hold", fails)
    refused = reply(429, {"object": "error", "status": 429, "code": "rate_limited"}, {"Retry-After": "30"})
    async with (
        serving(refused) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as worker,
    ):
        assert (await fetch(worker, seal, attempt=5)).status == 429


@pytest.mark.parametrize(("status", "code"), [(429, "rate_limited"), (529, "service_overload")])
async def test_a_refusal_with_retry_after_holds_the_connection_on_every_worker_and_no_other(
    world: World, status: int, code: str
) -> None:
    seal, other = await world.connect(), await world.connect("other")
    refused = reply(status, {"object": "error", "status": status, "code": code}, {"Retry-After": "30"})
    came = Clocked(refused)
    async with (
        serving(came) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as worker,
        world.worker(notion_origin=server.origin, notion_requests_per_second=RATE) as second,
    ):
        assert (await worker.failure(fetch(worker, seal))).type == "notion-error"  # to be tried again
        came.answer = PAGE
        assert (await worker.failure(fetch(second, seal))).type == "paced"
        assert (await worker.failure(notion(second))).type == "paced"
        assert (await fetch(second, other)).ok
    assert len(came.moments) == 2


async def test_a_call_that_waits_for_its_slot_does_not_leave_when_the_connection_is_held(world: World) -> None:
    seal, came = await world.connect(), Clocked()
    async with (
        serving(came) as server,
        world.worker(notion_origin=server.origin, notion_requests_per_second=1) as worker,
    ):
        limit = Limit.per_second(0.98, 2)
        for _ in range(2):
            await world.vault.paces.take("my-notion", limit, Ask(within=0))
        waiting = asyncio.create_task(fetch(worker, seal))
        await asyncio.sleep(0.2)
        await world.vault.paces.hold("my-notion", limit, 30)
        assert (await worker.failure(waiting)).type == "paced"
    assert came.moments == []
