"""Schedules that classes declare, as workers come and go, on the real server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import Client, ScheduleDescription, ScheduleHandle
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker, WorkerDeploymentConfig

import schedules.keeper
from schedules.keeper import keep_schedules
from schedules.marks import declared_id, said_of
from schedules.reconcile import reconcile
from steps import Cron, Every, Workflow
from steps.discovery import Discovered, LoadProblem
from steps.schedule import Schedule
from tests.conftest import eventually
from tests.schedules.conftest import Room
from tests.schedules.flows import FLOWS

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


class Deployment:
    """What one build declares, and the schedules that come of it."""

    def __init__(self, room: Room) -> None:
        self.client, self.queue = room.client, room.queue
        self.room = room

    def classes(self, **schedules: Schedule | None) -> dict[str, type[Workflow]]:
        """Return classes of these names with these schedules."""
        found: dict[str, type[Workflow]] = {}
        for name, schedule in schedules.items():
            found[name] = type(name, (), {"schedule": schedule})  # pyright: ignore[reportArgumentType]  # all that is looked at
            self.room.made.append(declared_id(self.queue, name))
        return found

    async def deploy(self, *, complete: bool = True, **schedules: Schedule | None) -> None:
        await reconcile(self.client, self.queue, self.classes(**schedules), complete=complete)

    def handle(self, name: str) -> ScheduleHandle:
        return self.client.get_schedule_handle(declared_id(self.queue, name))

    async def seen(self, name: str) -> ScheduleDescription | None:
        try:
            return await self.handle(name).describe()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return None

    async def words(self, name: str) -> str:
        description = await self.seen(name)
        said = await said_of(self.client, description.schedule) if description else None
        return said.words if said else "none"

    async def listed(self, *names: str) -> None:
        """Wait until Temporal's list, which lags behind, has these of ours alone."""

        async def look() -> bool:
            ids = {entry.id async for entry in await self.client.list_schedules()}
            return {each for each in ids if each.startswith(self.queue)} == {declared_id(self.queue, n) for n in names}

        await eventually(look)


@pytest.fixture
def deployment(room: Room) -> Deployment:
    return Deployment(room)


async def test_a_declared_schedule_is_made_once_and_left_alone_while_it_says_the_same(deployment: Deployment):
    await deployment.deploy(Tick=Every(hours=6))
    first = await deployment.seen("Tick")
    assert first
    assert (first.id, await deployment.words("Tick")) == (f"{deployment.queue}/tick", "every 6 hours")
    await deployment.deploy(Tick=Every(hours=6))
    again = await deployment.seen("Tick")
    assert again
    assert again.info.last_updated_at == first.info.last_updated_at


async def test_a_changed_declaration_changes_it_and_keeps_the_counter_and_the_pause_of_a_person(
    deployment: Deployment,
):
    await deployment.deploy(Tick=Every(hours=6))
    async with deployment.room.working():
        await deployment.room.trigger(deployment.handle("Tick"))
    await deployment.handle("Tick").pause(note="it is broken")
    await deployment.deploy(Tick=Cron("0 3 * * *", time_zone="Europe/Berlin", overlap="allow"))
    changed = await deployment.seen("Tick")
    assert changed
    assert (changed.info.num_actions, changed.schedule.state.paused, changed.schedule.state.note) == (
        1, True, "it is broken",
    )  # fmt: skip
    assert changed.schedule.spec.time_zone_name == "Europe/Berlin"
    async with deployment.room.working():
        assert (await deployment.room.trigger(deployment.handle("Tick")))["counter"] == 2


@pytest.mark.parametrize(
    ("before", "by_hand", "after", "paused"),
    [
        (False, False, True, True),
        (True, True, False, False),
        (True, False, True, False),  # resumed by a person: a worker that starts does not pause it again
        (False, True, False, True),
    ],
)
async def test_paused_is_a_beginning_and_only_a_change_of_it_counts_later(
    deployment: Deployment, before: bool, by_hand: bool, after: bool, paused: bool
):
    await deployment.deploy(Tick=Every(hours=6, paused=before))
    handle = deployment.handle("Tick")
    await (handle.pause() if by_hand else handle.unpause())
    await deployment.deploy(Tick=Every(hours=6, paused=after))
    assert (await handle.describe()).schedule.state.paused is paused


@pytest.mark.usefixtures("seconds_apart")
async def test_the_runs_that_are_left_are_given_anew_only_when_the_declaration_changes(deployment: Deployment):
    async def left() -> int:
        return (await deployment.handle("Tick").describe()).schedule.state.remaining_actions

    async def used() -> bool:
        return await left() == 0

    await deployment.deploy(Tick=Every(minutes=1 / 60, count=2, overlap="allow"))
    await eventually(used)
    await deployment.deploy(Tick=Every(minutes=1 / 60, count=2, overlap="allow"))
    assert await left() == 0
    await deployment.deploy(Tick=Every(minutes=1 / 60, count=2, overlap="allow", paused=True))
    assert await left() == 0
    await deployment.deploy(Tick=Every(hours=1, count=2, paused=True))
    assert await left() == 2


async def test_a_schedule_is_deleted_when_its_declaration_or_its_class_is_gone(deployment: Deployment):
    await deployment.deploy(Tick=Every(hours=6), Long=Every(hours=6), Typed=Every(hours=6))
    await deployment.listed("Tick", "Long", "Typed")
    await deployment.deploy(Tick=Every(hours=6), Long=None)
    assert (await deployment.seen("Long"), await deployment.seen("Typed")) == (None, None)
    await deployment.listed("Tick")
    await deployment.deploy(Tick=Every(hours=6))
    assert await deployment.seen("Tick")


async def test_a_file_that_did_not_load_costs_no_schedule_and_neither_does_an_empty_folder(deployment: Deployment):
    await deployment.deploy(Tick=Every(hours=6), Long=Every(hours=6))
    await deployment.listed("Tick", "Long")
    await deployment.deploy(complete=False, Tick=Every(hours=5))
    await deployment.deploy()
    assert (await deployment.words("Tick"), await deployment.words("Long")) == ("every 5 hours", "every 6 hours")


async def test_what_others_made_is_left_alone(deployment: Deployment, room: Room):
    mine = await room.schedule(Every(hours=6))  # without our mark, under the id that the class would have
    other = Deployment(Room(room.client, f"{room.queue}-other"))
    await other.deploy(Tick=Every(hours=6))
    room.made += other.room.made
    await other.listed("Tick")
    await deployment.deploy(Tick=Every(hours=5), Long=None)
    assert await deployment.words("Tick") == "every 6 hours"
    assert await mine.describe()
    assert await other.words("Tick") == "every 6 hours"


async def test_many_workers_that_start_at_once_make_one(deployment: Deployment):
    await asyncio.gather(*(deployment.deploy(Tick=Every(hours=6), Long=Every(hours=1)) for _ in range(6)))
    await asyncio.gather(*(deployment.deploy(Tick=Every(hours=7), Long=Every(hours=1)) for _ in range(6)))
    assert await deployment.words("Tick") == "every 7 hours"
    await deployment.listed("Tick", "Long")
    await asyncio.gather(*(deployment.deploy(Tick=Every(hours=7)) for _ in range(6)))
    assert await deployment.seen("Long") is None


async def test_two_names_that_would_have_one_id_are_told_apart(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
):
    await deployment.deploy(Tick=Every(hours=6), tick=Every(hours=5))
    assert "its id" in caplog.text
    assert await deployment.words("Tick") == "every 6 hours"


async def test_what_temporal_refuses_does_not_keep_the_others(
    deployment: Deployment, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    refused = Cron("0 3 * * *")
    monkeypatch.setattr(refused, "cron", "0 99 * * *")
    await deployment.deploy(Long=refused, Tick=Every(hours=6))
    assert "Temporal refuses the schedule of Long" in caplog.text
    assert await deployment.words("Tick") == "every 6 hours"


def found(deployment: Deployment, *, problems: bool = False, **schedules: Schedule | None) -> Discovered:
    return Discovered(
        workflows=deployment.classes(**schedules), problems=[LoadProblem("bad.py", 1, "no")] if problems else []
    )


async def test_a_worker_whose_temporal_does_not_answer_tries_again_beside_its_work(
    deployment: Deployment, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    away = await Client.connect("127.0.0.1:9", lazy=True)
    monkeypatch.setattr(schedules.keeper, "_FIRST_WAIT", 0.01)
    task = asyncio.create_task(keep_schedules(away, deployment.queue, found(deployment, Tick=Every(hours=6)), None))

    async def warned() -> bool:
        return caplog.text.count("The schedules are not yet as declared") >= 2

    await eventually(warned)
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])


async def test_a_worker_without_versions_reconciles_once_and_ends(deployment: Deployment):
    await keep_schedules(
        deployment.client, deployment.queue, found(deployment, problems=True, Tick=Every(hours=6)), None
    )
    assert await deployment.words("Tick") == "every 6 hours"


async def test_an_unexpected_mistake_ends_the_care_and_not_the_worker(
    deployment: Deployment, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    def broken(*_: Any, **__: Any) -> None:
        raise LookupError("oops")

    monkeypatch.setattr(schedules.keeper, "reconcile", broken)
    await keep_schedules(deployment.client, deployment.queue, found(deployment), None)
    assert "everything else goes on" in caplog.text


async def test_of_a_versioned_deployment_only_the_current_build_reconciles(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(schedules.keeper, "_LOOK_EVERY", 0.5)
    client, queue = deployment.client, deployment.queue
    builds = {name: WorkerDeploymentVersion(deployment_name=queue, build_id=name) for name in ("old", "new")}
    declared = {"old": Every(hours=1), "new": Every(hours=2)}

    def worker(name: str) -> Worker:
        config = WorkerDeploymentConfig(
            version=builds[name], use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.PINNED
        )
        return Worker(client, task_queue=queue, workflows=FLOWS, deployment_config=config)

    async def make_current(name: str) -> None:
        import temporalio.api.workflowservice.v1 as wire

        request = wire.SetWorkerDeploymentCurrentVersionRequest(
            namespace=client.namespace, deployment_name=queue, build_id=name
        )

        async def done() -> bool:
            await client.workflow_service.set_worker_deployment_current_version(request)
            return True

        await eventually(done)

    async def says(text: str) -> None:
        async def look() -> bool:
            return await deployment.words("Tick") == text

        await eventually(look)

    async def old_is_not_current() -> bool:  # Temporal refuses to be asked too often, which counts as not yet
        return not await schedules.keeper._is_current(client, builds["old"])  # pyright: ignore[reportPrivateUsage]

    async with worker("old"), worker("new"):
        tasks = [
            asyncio.create_task(keep_schedules(client, queue, found(deployment, Tick=declared[name]), builds[name]))
            for name in builds
        ]
        try:
            await make_current("old")
            await says("every hour")
            await make_current("new")
            await says("every 2 hours")
            # The old build starts again, and changes nothing: it is not the current one.
            again = asyncio.create_task(
                keep_schedules(client, queue, found(deployment, Tick=declared["old"]), builds["old"])
            )
            tasks.append(again)
            await eventually(old_is_not_current)
            await make_current("new")
            assert await deployment.words("Tick") == "every 2 hours"
            await make_current("old")  # a roll-back
            await says("every hour")
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
