"""A deploy, with the builds `one` and `two` side by side: what becomes of the runs that are under way."""

from __future__ import annotations

import pytest

from tests.conftest import eventually
from tests.end_to_end.builds import Builds
from tests.end_to_end.upgraded import Gate, begin, build_of, handled_signals, moved, record, steps
from tests.steps.harness import ended

pytestmark = pytest.mark.server


async def test_a_run_that_sleeps_through_a_deploy_wakes_on_the_new_code(builds: Builds):
    left_alone = await begin(builds, "end", delay=2)
    await builds.deployment.promote("two")
    assert await build_of(left_alone) == "one", "nobody told it"

    async def woken() -> bool:
        return ("end", "two") in steps(await record(left_alone))

    await eventually(woken)
    assert steps(await record(left_alone)) == [("start", "one"), ("end", "two")]
    assert await build_of(left_alone) == "two"
    await left_alone.terminate()


async def test_a_run_that_sleeps_for_long_moves_when_it_is_told_and_keeps_its_due_time(builds: Builds):
    handle = await begin(builds, "end", delay=3_600)
    (before,) = (await record(handle)).waiting
    await builds.deployment.promote("two")
    await handle.signal("checkpoint")
    await moved(handle, "two")
    (after,) = (await record(handle)).waiting
    assert after == before
    await handle.signal("checkpoint")
    await eventually(lambda: handled_signals(handle, 1))
    description = await handle.describe()
    history = await handle.fetch_history()
    assert len(history.events) < 20, "a run that is where it should be does not roll again"
    assert description.raw_description.workflow_execution_info.versioning_info.behavior == 1, "pinned again"
    await handle.terminate()


async def test_a_run_in_the_middle_of_a_step_ends_it_on_the_old_build_and_goes_on_with_the_new(
    builds: Builds, gate: Gate
):
    gate.open.clear()
    asked = gate.asked
    handle = await begin(builds, "call", url=gate.url)

    async def in_the_air() -> bool:
        return gate.asked > asked

    await eventually(in_the_air)
    await builds.deployment.promote("two")
    await handle.signal("checkpoint")
    await eventually(lambda: handled_signals(handle, 1))
    assert await build_of(handle) == "one", "it is in a step"
    gate.open.set()
    await moved(handle, "two")

    async def over() -> bool:
        return ("end", "two") in steps(await record(handle))

    await eventually(over)
    found = steps(await record(handle))
    assert found == [("start", "one"), ("call begins", "one"), ("call ends", "one"), ("end", "two")]
    assert gate.asked == asked + 1
    assert not (await record(handle)).failures
    await handle.terminate()


async def test_a_run_that_begins_after_a_deploy_begins_on_the_new_build(builds: Builds):
    await builds.deployment.promote("two")
    handle = await begin(builds, "end")
    assert steps(await record(handle)) == [("start", "two"), ("end", "two")]
    await handle.terminate()


async def test_a_step_that_the_new_build_does_not_have_fails_with_the_names_of_those_it_has(builds: Builds):
    handle = await begin(builds, "dropped", delay=3_600)
    sleeping = await begin(builds, "dropped", delay=2)
    await builds.deployment.promote("two")
    (failure,) = (await ended(sleeping)).failures
    assert (failure.step, failure.type) == ("dropped", "step-unknown")
    assert all(name in failure.message for name in ("added", "call", "end"))
    # Until its time has come nothing is lost: with the old build back, the step is there again.
    await handle.signal("checkpoint")
    await moved(handle, "two")
    await builds.deployment.promote("one")
    await handle.signal("checkpoint")
    await moved(handle, "one")
    assert [step.step for step in (await record(handle)).waiting] == ["dropped"]
    await handle.terminate()


async def test_going_back_takes_the_runs_along_and_a_step_of_the_new_build_alone_says_so(builds: Builds):
    await builds.deployment.promote("two")
    ahead, new = await begin(builds, "end"), await begin(builds, "end", delay=2)

    async def armed() -> bool:
        return [step.step for step in (await record(ahead)).waiting] == ["added"]

    await eventually(armed)
    await builds.deployment.promote("one")
    await ahead.signal("checkpoint")
    await moved(ahead, "one")
    assert [step.step for step in (await record(ahead)).waiting] == ["added"], "it fails when its time has come"
    assert steps(await ended(new)) == [("start", "two"), ("end", "one")]
    await ahead.terminate()
