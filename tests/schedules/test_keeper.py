"""How a worker keeps the schedules that its classes declare."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import Worker, WorkerDeploymentConfig

import schedules.keeper
from schedules.keeper import keep_schedules
from steps import Every
from steps.discovery import Discovered, LoadProblem
from steps.schedule import Schedule
from tests.conftest import eventually
from tests.schedules.deployment import Deployment
from tests.schedules.flows import FLOWS

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


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
        return not await schedules.keeper._is_current(client, builds["old"])  # pyright: ignore[reportPrivateUsage]  # what it tests

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
