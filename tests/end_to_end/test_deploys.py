"""A deploy from its command to the end of the old build."""

from __future__ import annotations

import asyncio
import signal

import pytest
from typer.testing import CliRunner, Result

from cli import app
from commands.deployment import Deployment
from tests.conftest import eventually
from tests.end_to_end.builds import DEPLOYMENT, Builds
from tests.end_to_end.upgraded import Gate, begin, build_of, moved, record, steps

pytestmark = pytest.mark.server


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
