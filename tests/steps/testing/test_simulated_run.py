"""What a test can do with a run, and see of it."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

import pytest

from steps.testing import Call, Reply, RunNotCompleted, RunParked, RunStuck, WaitNotFound, World, simulate
from tests.steps.testing.flows import HOME, Asks, Calls, Fetches, Forks, LooksAtTheClock, Once, Ticks, TriesAgain

DAY = 24 * 3600


async def test_days_pass_in_no_time():
    async with simulate(Asks) as world:
        before = time.monotonic()
        run = await world.run()
        assert time.monotonic() - before < 5  # on a busy machine; it is 50 ms
    assert run.check().steps == ["start", "ask", "late"]
    assert [step.began for step in run.steps] == pytest.approx([0, DAY, 3 * DAY], abs=1)


async def test_an_event_wakes_the_step_that_waits_for_it():
    async with simulate(Asks) as world:
        run = await world.start(headers={"X-From": "shop"})
        wait = await run.wait_for("answered")
        assert run.record.started_at is not None
        assert (wait.due - run.record.started_at).total_seconds() == pytest.approx(3 * DAY, abs=1)
        assert run.status == "running"
        assert run.waiting[0].step == "answered"
        await run.resume("answered", {"yes": True})
        assert run.check().result == {"yes": True}
    assert run.steps == ["start", "ask", "answered"]
    assert run.store["link"].startswith("https://steps.test/resume/")
    assert run.log[0].fields == {"headers": {"x-from": "shop"}}


async def test_time_passes_as_far_as_the_test_lets_it():
    async with simulate(Asks) as world:
        run = await world.start()
        await run.sleep("23 hr")
        assert run.steps == ["start"]
        await world.sleep("2 hr")
        assert run.steps == ["start", "ask"]
        await run.sleep("3 days")
        assert run.completed
    assert (run.log[-1], run.log[-1].level, run.log[-1].fields) == ("nobody answered", "warning", {"days": 2})


async def test_runs_of_one_world_share_its_time():
    async with simulate(Asks) as world:
        first, second = await world.start(), await world.start()
        await world.sleep("4 days")
        assert first.completed
        assert second.completed


async def test_a_slow_call_stops_the_clock():
    async def slow(_call: Call) -> Reply:
        await asyncio.sleep(0.3)
        return Reply()

    async with simulate(Forks) as world:
        world.on("GET", HOME).reply(slow)
        run = await world.run()
    assert run.check().steps == ["start", "slow", "late"]
    assert run.steps[1].ended < 5
    assert len(run.calls) == 1


async def test_a_run_that_ends_without_waiting_is_told_of():
    async with simulate(Asks) as world:
        run = await world.start()
        with pytest.raises(WaitNotFound, match="is completed, and never waited for the event of 'approved'") as caught:
            await run.resume("approved")
    assert "nobody answered" in caught.value.__notes__[0]


async def test_a_run_can_be_cancelled():
    async with simulate(Asks) as world:
        run = await world.start()
        await run.wait_for("answered")
        await run.cancel()
    assert run.status == "cancelled"
    assert run.log[-1] == "ended as cancelled"
    assert run.steps == ["start", "ask"]


async def test_a_run_that_goes_on_for_ever_is_tested_by_the_day():
    async with simulate(Ticks, limit=0.5) as world:
        run = await world.start()
        await run.sleep("241 hr")
        assert run.store == {"ticks": 11}
        with pytest.raises(RunStuck, match="still at work"):
            await run.finish()


async def test_what_the_sandbox_refuses_fails_the_test_and_names_it():
    async with simulate(LooksAtTheClock) as world:
        with pytest.raises(RunParked, match=r"time\.time"):
            await world.run()


def misses(text: str) -> str:
    raise KeyError("missing")


@pytest.mark.parametrize(
    ("function", "result"), [(str.upper, "HELLO"), (misses, ["KeyError", "shout failed: KeyError: 'missing'"])]
)
async def test_an_activity_of_ones_own_is_a_function(function: Any, result: Any):
    async with simulate(Calls) as world:
        world.activity("shout", function)
        run = await world.run(data=["hello"])
    assert run.check().result == result
    assert len(run.calls) == (1 if result == "HELLO" else 3)
    assert (run.calls[0].step, run.calls[0].url, run.calls[0].arguments) == ("start", "shout", ["hello"])


async def test_an_activity_that_is_not_set_fails_the_test():
    async with simulate(Calls) as world:
        with pytest.raises(AssertionError, match=r'world\.activity\("shout", function\)'):
            await world.run(data=["hello"])


async def test_an_assertion_in_an_activity_fails_the_test():
    async def shout(text: str) -> None:
        assert text == "bye"

    async with simulate(Calls) as world:
        world.activity("shout", shout)
        with pytest.raises(AssertionError, match="bye"):
            await world.run(data=["hello"])


async def test_a_run_that_should_have_completed_shows_what_failed_and_the_trace():
    async with simulate(Fetches) as world:
        run = await world.run(data={"method": "GET", "timeout": -1})
    assert run.failed
    assert repr(run).startswith("<Fetches failed: start: ")
    with pytest.raises(RunNotCompleted) as caught:
        run.check()
    assert re.search(
        r"has not completed, it is failed\.\n  start: \S+: .* \(flows\.py:\d+\)\nFetches, run ", str(caught.value)
    )


async def test_a_run_may_have_an_id_of_its_own():
    async with simulate(Ticks) as world:
        run = await world.start(id="ticks/of-1001")
    assert run.id == "ticks/of-1001"


async def test_an_exception_of_the_test_itself_is_left_alone():
    async def test() -> World:
        async with simulate(Fetches) as world:
            await world.start(data={})
            await asyncio.sleep(0.2)
            raise LookupError("of the test")

    with pytest.raises(LookupError):
        await test()


async def test_the_trace_is_a_text_to_read():
    async with simulate(Asks) as world:
        run = await world.start()
        await run.resume("answered", {"yes": True})
        failing = await world.start()
        await failing.finish()
    lines = run.trace().splitlines()
    assert re.fullmatch(r"Asks, run asks/\d+, began \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", lines[0])
    assert [line.strip() for line in lines[1:]] == [
        "0:00:00  start",
        "0:00:00    log: beginning headers={}",
        "…  1 day, 0:00:00 pass",
        "1 day, 0:00:00  ask",
        "1 day, 0:00:00    wait for answered",
        '1 day, 0:00:00    event for answered with {"yes": true}',
        "1 day, 0:00:00  answered",
        "completed  3 steps done, with the result {'yes': True}",
    ]
    expired = [line.strip() for line in failing.trace().splitlines()[-4:-1]]
    assert expired[0].startswith("3 days, 0:00:00    log: warning: No event came for answered until ")
    assert expired[1:] == ["3 days, 0:00:00  late", "3 days, 0:00:00    log: warning: nobody answered days=2"]


async def test_a_step_that_is_tried_again_is_there_once_for_each_attempt():
    async with simulate(TriesAgain) as world:
        world.activity("shout", str.upper)
        run = await world.run()
    assert run.check().result == 3
    assert [(step, step.attempt, step.outcome, step.error) for step in run.steps] == [
        ("start", 1, "retried", "RuntimeError: attempt 1"),
        ("start", 2, "retried", "RuntimeError: attempt 2"),
        ("start", 3, "completed", None),
    ]
    assert [call.step for call in run.calls] == ["start"] * 3
    assert "  start (attempt 3)\n" in run.trace()
    assert "  CALL shout" in run.trace()


async def test_dedupe_works_as_in_production():
    async with simulate(Once) as world:
        run = await world.run(data="#1001")
        again = await world.run(data="#1001")
    assert run.check().result == [True, False]
    assert again.check().result == [False, False]


async def test_a_key_of_dedupe_is_unknown_to_the_next_test():
    for _ in range(3):
        async with simulate(Once) as world:
            assert (await world.run(data="#1001")).check().result == [True, False]


async def test_the_trace_of_a_run_under_way_says_what_it_waits_for():
    async with simulate(Asks) as world:
        run = await world.start()
        await run.wait_for("answered")
        shown = run.trace().splitlines()
    assert shown[-2].strip() == "waiting  answered for an event, until 3 days, 0:00:00"
    assert shown[-1].strip() == "running  2 steps done"
