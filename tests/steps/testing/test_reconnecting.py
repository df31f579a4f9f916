"""A connection that has lost its authorization, in a simulated run."""

from __future__ import annotations

import time
from typing import Any

import pytest

from steps.testing import RunStuck, SimulatedRun, World, simulate
from tests.steps.testing.flows import Patient

AGAIN = "OAuth Connections → my-notion → Reconnect, with the same handle"


async def broken(world: World, **data: Any) -> SimulatedRun:
    """Start a run whose connection breaks before it is used."""
    world.connect("my-notion")
    world.on("GET", "https://api.notion.com/*").reply(200, json={"object": "user"})
    world.notion.on("GET", "/v1/users/me").reply(200, json={"object": "user"})
    run = await world.start(data)
    await run.sleep(1)
    world.break_connection("my-notion")
    return run


def shown(run: SimulatedRun) -> list[tuple[str, int]]:
    return [(one.handle, one.calls) for one in run.record.lost_connections]


@pytest.mark.parametrize("how", ["fetch", "notion", "token"])
async def test_every_kind_of_call_waits_and_goes_on(how: str):
    async with simulate(Patient) as world:
        run = await broken(world, how=how)
        await run.sleep("3 days")
        assert (run.status, shown(run)) == ("running", [("my-notion", 1)])
        await world.reconnect("my-notion")
        assert run.check().result == "done"
    assert [line.level for line in run.log] == ["warning", "info"]
    assert run.log == [
        f"Waiting for my-notion to be connected again: {AGAIN}. Then the run goes on by itself.",
        "my-notion is connected again",
    ]
    assert shown(run) == []


async def test_a_test_that_reconnects_nothing_is_told_so_and_does_not_hang():
    async with simulate(Patient) as world:
        run = await broken(world)
        before = time.monotonic()
        with pytest.raises(RunStuck, match=r'world.reconnect\("my-notion"\)'):
            await run.finish()
        assert time.monotonic() - before < 5


async def test_after_thirty_days_the_step_gets_the_error():
    async with simulate(Patient) as world:
        run = await broken(world, how="fetch")
        await run.sleep("29 days")
        assert run.status == "running"
        await run.sleep("2 days")
    (failure,) = run.failures
    assert failure.type == "connection-needs-reauthorization"
    assert failure.message == f"Nobody has connected 'my-notion' again within 30 days: {AGAIN}; then retry the run."
    assert len(run.log) == 2  # the wait, and the failure


async def test_a_step_that_would_not_wait_is_told_at_once():
    async with simulate(Patient) as world:
        run = await broken(world, how="at once")
        await run.finish()
    assert run.check().result == "my-notion"
    assert run.log == []


async def test_the_time_limit_of_the_step_ends_the_wait():
    async with simulate(Patient) as world:
        run = await broken(world, step="bounded")
        await run.finish()
    assert run.failures[0].type == "step-timed-out"
    assert shown(run) == []


async def test_the_attempts_of_the_step_are_not_used_up_by_waiting():
    async with simulate(Patient) as world:
        run = await broken(world, step="stubborn")
        await run.sleep("10 days")
        await world.reconnect("my-notion")
    assert [(step, step.attempt) for step in run.check().steps] == [("start", 1), ("stubborn", 1)]


async def test_a_cancelled_run_stops_waiting_at_once_and_its_hook_does_not_wait_either():
    async with simulate(Patient) as world:
        run = await broken(world, how="fetch")
        await run.sleep("1 min")
        await run.cancel()
    assert run.status == "cancelled"
    assert run.log[-1].startswith("ConnectionNeedsReauthorization: ")


async def test_many_branches_wait_by_one_look_with_one_line():
    async with simulate(Patient) as world:
        run = await broken(world, branches=20)
        await run.sleep("2 days")
        assert shown(run) == [("my-notion", 20)]
        before = run.progress.events
        await run.sleep("20 days")
        assert run.progress.events == before
        await world.reconnect("my-notion")
        run.check()
    assert len(run.log) == 2
    assert len(run.calls) == 40
