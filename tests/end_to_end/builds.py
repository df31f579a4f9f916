"""Two builds of one worker, side by side: two processes, each with a folder of workflows and a build id of its own."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from temporalio.client import Client

from commands.deployment import Build, Deployment
from local.child import Child
from settings import ROOT
from tests.conftest import eventually

FLOWS = Path(__file__).parent / "upgrades"
DEPLOYMENT, QUEUE = "shop", "upgrades"


class Builds:
    """The worker processes of the builds `one` and `two`; which is current, each test says."""

    def __init__(self, client: Client, data: Path, reachable: str) -> None:
        self.client, self.deployment = client, Deployment(client, DEPLOYMENT)
        self._data, self._reachable = data, reachable
        self.workers: dict[str, Child] = {}

    async def start(self, build: str, *, queue: str = QUEUE, deployment: str | None = DEPLOYMENT) -> Child:
        """Start a build's worker, and wait until it polls."""
        flows = self._data / f"flows_{build}"
        if not flows.exists():
            flows.mkdir()
            shutil.copy(FLOWS / f"{build}.py", flows / "upgraded.py")
        env = {
            "TEMPORAL_ADDRESS": self.client.service_client.config.target_host, "TEMPORAL_NAMESPACE": "default",
            "TEMPORAL_CONFIG_FILE": os.devnull, "STEPS_DATA_DIR": str(self._data), "STEPS_TASK_QUEUE": queue,
            "STEPS_WORKFLOWS_DIR": str(flows), "STEPS_EGRESS_PRIVATE_HOSTS": self._reachable, "PYTHONUNBUFFERED": "1",
        }  # fmt: skip
        if deployment:
            env |= {"TEMPORAL_DEPLOYMENT_NAME": deployment, "TEMPORAL_WORKER_BUILD_ID": build}
        log = self._data / f"{build}-{queue}-{deployment}.log"
        worker = Child(build, [sys.executable, str(ROOT / "worker.py")], log=log, env=env)

        async def polling() -> bool:
            return "Polling the task queue" in worker.output()

        self.workers[f"{build}/{queue}"] = worker
        await worker.start(polling)
        return worker

    async def known(self, build: str, deployment: Deployment | None = None) -> Build:
        """Wait until Temporal knows a build, which its worker's first poll tells."""

        async def seen() -> Build | None:
            try:
                found = await (deployment or self.deployment).builds()
            except SystemExit:
                return None
            return next((item for item in found if item.build_id == build), None)

        found = await eventually(seen)
        assert found
        return found

    async def until(self, build: str, status: str) -> Build:
        """Wait until a build has a status."""

        async def reached() -> Build:
            found = await self.known(build)
            assert found.status == status, found
            return found

        return await eventually(reached)

    async def stop(self) -> None:
        for worker in self.workers.values():
            await worker.stop()
