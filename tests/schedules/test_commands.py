"""A worker process and the command line, as an operator meets schedules."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import uuid
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from settings import ROOT
from tests.conftest import eventually
from tests.test_worker import says, start_worker
from vault import migrate

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

FLOW = """
from __future__ import annotations
from steps import Cron, Workflow

class Nightly(Workflow):
    schedule = Cron("0 3 1 1 *", time_zone="Europe/Berlin", data={"region": "eu"})

    async def start(self, data, headers, api):
        return data
"""


async def test_a_worker_makes_what_a_file_declares_and_an_operator_manages_it(
    dev_server: WorkflowEnvironment, tmp_path: Path
):
    folder, queue = tmp_path / f"flows_{uuid.uuid4().hex}", f"schedules-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    (folder / "nightly.py").write_text(FLOW)
    await migrate(f"sqlite+aiosqlite:///{tmp_path / 'vault.db'}")
    env = {
        "STEPS_WORKFLOWS_DIR": str(folder), "STEPS_TASK_QUEUE": queue, "STEPS_DATA_DIR": str(tmp_path),
        "TEMPORAL_ADDRESS": dev_server.client.service_client.config.target_host,
    }  # fmt: skip

    async def command(*arguments: str, fails: bool = False) -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "cli.py"), "schedules", *arguments, env={**os.environ, **env}, cwd=tmp_path,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        output, errors = await process.communicate()
        assert (process.returncode != 0) is fails, errors.decode()
        return (errors if fails else output).decode()

    process, log = await start_worker(tmp_path, **env)
    try:
        nightly = f"{queue}/nightly"
        await says(log, f"Made the schedule {nightly}: at 0 3 1 1 * (Europe/Berlin)")
        assert "01-01 02:00:00 " in await command("list")
        assert "Paused" in await command("pause", nightly)
        await command("run", nightly)

        async def ran() -> list[str]:
            shown = json.loads(await command("show", nightly))
            assert (shown["counter"], shown["paused"]) == (1, True)
            return [run["id"] for run in shown["last_runs"]]

        (run,) = await eventually(ran)
        result = await dev_server.client.get_workflow_handle(run).result()
        assert result["result"] | {"scheduled_at": ""} == {
            "region": "eu", "counter": 1, "scheduled_at": "", "next_at": None,
        }  # fmt: skip
        await command("resume", nightly)
        assert "schedule-declared" in await command("delete", nightly, fails=True)
        options = json.dumps({"name": "extra", "every": {"days": 1}, "paused": True})
        assert await command("create", "Nightly", options) == f"{nightly}/extra: every day\n"
        assert "are not a JSON" in await command("create", "Nightly", "[", fails=True)
        assert "Europe/Berlin" in await command(
            "create", "Nightly", '{"cron": "0 3 * * *", "time_zone": "Europe/Berln"}', fails=True
        )
        await command("delete", f"{nightly}/extra")
    finally:
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), 60) == 0
        await dev_server.client.get_schedule_handle(f"{queue}/nightly").delete()
