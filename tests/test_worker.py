from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import cast

import httpx
import pytest
from temporalio.testing import WorkflowEnvironment

from local.ports import choose
from settings import ROOT, Settings
from tests.conftest import eventually
from vault import migrate
from worker import make_worker

GOOD = """
from __future__ import annotations
from steps import Workflow

class Good(Workflow):
    async def start(self, data, headers, api):
        return "good"
"""


async def start_worker(tmp_path: Path, **env: str) -> tuple[asyncio.subprocess.Process, Path]:
    log = tmp_path / "worker.log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "worker.py"), stdout=out, stderr=out, cwd=tmp_path,
            env={**os.environ, "STEPS_DATA_DIR": str(tmp_path), "TEMPORAL_ADDRESS": "127.0.0.1:1", **env},
        )  # fmt: skip
    return process, log


async def says(log: Path, text: str) -> None:
    async def said() -> bool:
        return text in log.read_text(encoding="utf-8")

    await eventually(said)


@pytest.mark.server
@pytest.mark.asyncio(loop_scope="session")
async def test_a_worker_takes_no_more_workflow_tasks_at_once_than_one_interpreter_does_in_time(
    dev_server: WorkflowEnvironment,
):
    worker = make_worker(dev_server.client, Settings(), [], [])
    config = cast("dict[str, object]", worker.config(active_config=True))
    assert config["max_concurrent_workflow_tasks"] == 20


async def test_a_vault_that_cannot_be_opened_ends_the_worker_with_the_reason(tmp_path: Path):
    process, log = await start_worker(tmp_path)
    assert await asyncio.wait_for(process.wait(), 60) == 1
    assert "python cli.py migrate" in log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_waits_for_temporal_and_stops_when_asked(tmp_path: Path, number: signal.Signals):
    folder = tmp_path / "flows"
    folder.mkdir()
    (folder / "good.py").write_text(GOOD)
    (folder / "bad.py").write_text("from __future__ import annotations\n\nclass Oops(\n")
    (folder / "late.py").write_text(GOOD.replace("Good", "Late").replace('"good"', "print()"))
    await migrate(f"sqlite+aiosqlite:///{tmp_path / 'vault.db'}")
    address = f"127.0.0.1:{choose(0, set())}"
    process, log = await start_worker(tmp_path, STEPS_WORKFLOWS_DIR=str(folder), STEPS_METRICS_ADDRESS=address)
    await says(log, "Temporal does not answer at 127.0.0.1:1")
    async with httpx.AsyncClient(trust_env=False) as http:
        assert "durable_steps_vault_up" in (await http.get(f"http://{address}/metrics")).text
    text = log.read_text()
    assert "Not loaded: bad.py:3: SyntaxError" in text
    assert "Workflows: Good, Late" in text
    assert "May park or repeat itself: late.py:7:16: print: print is printed again" in text
    process.send_signal(number)
    assert await asyncio.wait_for(process.wait(), 60) == 0
