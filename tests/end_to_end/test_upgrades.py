"""A deploy, with the builds `one` and `two` side by side: what becomes of the runs that are under way."""

from __future__ import annotations

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner, Result

from cli import app
from commands.deployment import Deployment
from steps import RunRecord
from temporal import plugin
from tests.activities.servers import Call, reply, serving
from tests.conftest import binary, eventually
from tests.end_to_end.builds import DEPLOYMENT, QUEUE, Builds
from tests.steps.harness import ended
from vault import migrate

pytestmark = pytest.mark.server

Handle = WorkflowHandle[Any, Any]


class Gate:
    """An address outside that answers when the test lets it."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.url = ""
        self.asked = 0

    async def answer(self, _call: Call) -> bytes:
        self.asked += 1
        await self.open.wait()
        return reply(200, {})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gate() -> AsyncIterator[Gate]:
    gate = Gate()
    async with serving(gate.answer) as server:
        gate.url = f"{server.origin}/slow"
        yield gate


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[Client]:
    """A server that looks every second whether a build has drained, where others take minutes."""
    settings = [f"matching.wv.VersionDrainageStatus{name}" for name in ("VisibilityGracePeriod", "RefreshInterval")]
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        dev_server_existing_path=binary("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=[part for name in settings for part in ("--dynamic-config-value", f'{name}="1s"')],
        plugins=[plugin()],
    ) as environment:
        yield environment.client


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(server: Client, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Builds]:
    data = tmp_path_factory.mktemp("upgrades")
    await migrate(f"sqlite+aiosqlite:///{data / 'vault.db'}")
    builds = Builds(server, data, gate.url.split("/")[2])
    try:
        await asyncio.gather(builds.start("one"), builds.start("two"))
        await asyncio.gather(builds.known("one"), builds.known("two"))
        yield builds
    finally:
        await builds.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def builds(running: Builds) -> Builds:
    """Both builds, `one` being current."""
    await running.deployment.promote("one")
    return running


async def begin(builds: Builds, then: str, *, queue: str = QUEUE, **data: Any) -> Handle:
    """Start a run, and wait until its first step is over."""
    client = builds.client
    trigger = {"data": {"then": then, **data}}
    handle: Handle = await client.start_workflow("Upgraded", trigger, id=f"run/{uuid.uuid4()}", task_queue=queue)

    async def begun() -> bool:
        return (await record(handle)).steps_done > 0

    await eventually(begun)
    return handle


async def record(handle: Handle) -> RunRecord:
    return await handle.query("record", result_type=RunRecord)


async def build_of(handle: Handle) -> str:
    info = (await handle.describe()).raw_description.workflow_execution_info
    return info.versioning_info.deployment_version.build_id


async def moved(handle: Handle, build: str) -> None:
    async def there() -> bool:
        return await build_of(handle) == build

    await eventually(there)


def steps(record: RunRecord) -> list[tuple[str, str]]:
    """Return which build ran which step."""
    return [(line.message, line.fields["build"]) for line in record.log if "build" in line.fields]


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


async def handled_signals(handle: Handle, count: int) -> bool:
    events = (await handle.fetch_history()).events
    signals = [event for event in events if event.HasField("workflow_execution_signaled_event_attributes")]
    return len(signals) == count and events[-1].HasField("workflow_task_completed_event_attributes")


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


async def command(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))


@pytest.fixture
def operator(running: Builds, monkeypatch: pytest.MonkeyPatch) -> Builds:
    """Both builds, and an operator whose environment names the deployment."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", running.client.service_client.config.target_host)
    monkeypatch.setenv("TEMPORAL_DEPLOYMENT_NAME", DEPLOYMENT)
    return running


async def test_one_command_promotes_a_build_and_moves_the_runs_that_sleep(operator: Builds, gate: Gate):
    await operator.deployment.promote("one")
    gate.open.clear()
    sleepers = [await begin(operator, "end", delay=3_600) for _ in range(3)]
    waiting = await begin(operator, "approve")
    asked = gate.asked
    busy = await begin(operator, "call", url=gate.url)
    await eventually(lambda: listed(operator, "one", 5))
    said = await command("deploys", "promote", "two")
    assert said.exit_code == 0, said.output
    assert "two is current" in said.output
    assert "Told 5 running runs" in said.output
    for handle in (*sleepers, waiting):
        await moved(handle, "two")
    assert await build_of(busy) == "one"
    assert gate.asked == asked + 1
    gate.open.set()
    await moved(busy, "two")
    await eventually(lambda: listed(operator, "two", 5))
    shown = (await command("deploys", "list")).output
    assert shown.split()[:4] == ["two", "current", "5", "runs"]
    for handle in (*sleepers, waiting, busy):
        await handle.terminate()


async def listed(builds: Builds, build: str, runs: int) -> bool:
    return (await builds.known(build)).runs == runs


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("promote", "three"), "'three'"),
        (("promote", "two", "--deployment", "nowhere"), "'nowhere'"),
        (("list", "--deployment", "nowhere"), "'nowhere'"),
    ],
)
async def test_a_build_or_a_deployment_that_temporal_does_not_know_is_named(
    operator: Builds, arguments: tuple[str, ...], says: str
):
    said = await command("deploys", *arguments)
    assert said.exit_code == 1
    assert says in said.output
    assert "docs/upgrading.md" in said.output


async def test_the_old_build_drains_and_is_stopped_with_nothing_lost(builds: Builds):
    handle = await begin(builds, "end", delay=2)
    await builds.deployment.promote("two")
    assert (await builds.until("one", "draining")).build_id == "one"
    await builds.deployment.wake()
    await moved(handle, "two")
    assert (await builds.until("one", "drained")).runs == 0
    old = builds.workers["one/upgrades"]
    await old.stop(signal.SIGTERM)
    assert await old.ended() == 0

    async def over() -> bool:
        return steps(await record(handle)) == [("start", "one"), ("end", "two")]

    await eventually(over)
    new = await begin(builds, "end")
    assert steps(await record(new)) == [("start", "two"), ("end", "two")]
    for run in (handle, new):
        await run.terminate()
    await builds.start("one")  # as it was


async def test_runs_of_a_worker_without_a_build_id_go_on_with_the_first_build_and_are_replayed_by_it(running: Builds):
    plain = await running.start("one", queue="plain", deployment=None)
    handle = await begin(running, "end", queue="plain", delay=3_600)
    assert steps(await record(handle)) == [("start", "one")]
    await running.start("two", queue="plain", deployment="later")
    later = Deployment(running.client, "later")
    await running.known("two", later)
    await later.promote("two")
    await plain.stop(signal.SIGTERM)
    await handle.signal("checkpoint")
    await moved(handle, "two")
    assert steps(await record(handle)) == [("start", "two")]
    await handle.terminate()
