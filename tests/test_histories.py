"""`python cli.py histories`: what a run did is recorded, and replayed before a deploy."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, cast

import pytest
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from typer.testing import CliRunner, Result

from cli import app
from commands.recorded import read, replay
from settings import ROOT
from steps.discovery import discover
from tests.conftest import eventually
from tests.steps.harness import ended, start, working

WAITS = """
from __future__ import annotations
from steps import Workflow

class Recorded(Workflow):
    async def start(self, data, headers, api):
        await api.fetch("https://example.com/")
        await api.schedule_next_step(action=self.end, payload=data, delay=3600)

    async def end(self, data, headers, api):
        return data
"""
# In place of a call, a look into the vault: a replay finds another command than the history has.
CHANGED = WAITS.replace('await api.fetch("https://example.com/")', 'await api.get_oauth_token("my-notion")')
SHIPPED = sorted((ROOT / "tests" / "histories" / "shipped").glob("*.json"))


async def command(*arguments: str) -> Result:
    return await asyncio.to_thread(CliRunner().invoke, app, list(arguments))


def workflows(tmp_path: Path, name: str, text: str, file: str = "recorded_flow.py") -> Path:
    folder = tmp_path / name
    folder.mkdir()
    (folder / file).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def here(dev_server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line talks to the tests' server."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", dev_server.client.service_client.config.target_host)


@pytest.mark.server
@pytest.mark.usefixtures("here")
async def test_a_run_under_way_is_recorded_and_a_change_that_would_park_it_is_named(
    dev_server: WorkflowEnvironment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    good = workflows(tmp_path, "recorded_good", WAITS)
    handle = await slept(dev_server, good)
    said = await command("histories", "record", handle.id, "--to", str(tmp_path / "kept"))
    assert said.exit_code == 0, said.output
    assert "the run's data" in said.stderr
    (path,) = (tmp_path / "kept").glob("*.json")
    assert str(path) in said.stdout
    assert path.name.startswith("Recorded.Recorded-")
    assert read(path).workflow_id == handle.id

    monkeypatch.setenv("STEPS_WORKFLOWS_DIR", str(good))
    checked = await command("histories", "check", str(tmp_path / "kept"))
    assert (checked.exit_code, "replays" in checked.output) == (0, True), checked.output

    monkeypatch.setenv("STEPS_WORKFLOWS_DIR", str(workflows(tmp_path, "recorded_changed", CHANGED)))
    checked = await command("histories", "check", str(tmp_path / "kept"))
    assert checked.exit_code == 1
    assert f"{path}: would park: " in checked.output
    assert "1 histories, 1 would park" in checked.output

    monkeypatch.setenv("STEPS_WORKFLOWS_DIR", str(ROOT / "workflows"))
    checked = await command("histories", "check", str(tmp_path / "kept"))
    assert checked.exit_code == 1
    assert "Recorded" in checked.output


async def slept(dev_server: WorkflowEnvironment, folder: Path) -> WorkflowHandle[Any, Any]:
    """Run the workflow of a folder until it sleeps."""
    classes = list(discover(folder).workflows.values())
    async with working(dev_server.client, workflows=classes) as queue:
        handle = await start(dev_server.client, queue, "Recorded", {"order": "#1"})

        async def sleeps() -> bool:
            return [item["step"] for item in (await handle.query("record"))["waiting"]] == ["end"]

        await eventually(sleeps)
    return handle


@pytest.mark.server
@pytest.mark.usefixtures("here")
async def test_every_temporal_run_of_a_chain_is_recorded(dev_server: WorkflowEnvironment, tmp_path: Path):
    async with working(dev_server.client) as queue:
        handle = await start(dev_server.client, queue, "Chain", {"steps": 1_500})
        await ended(handle)
    said = await command("histories", "record", handle.id, "--to", str(tmp_path))
    assert said.exit_code == 0, said.output
    paths = sorted(tmp_path.glob("*.json"))
    assert [path.name.split(".")[-2] for path in paths] == ["1", "2"]
    assert "carried" in str(read(paths[1]).events[0])


@pytest.mark.server
@pytest.mark.usefixtures("here")
async def test_a_run_that_is_not_there_is_named(tmp_path: Path):
    said = await command("histories", "record", "nobody/1", "--to", str(tmp_path / "kept"))
    assert said.exit_code == 1
    assert "nobody/1" in said.output
    assert not (tmp_path / "kept").exists()


async def test_what_is_no_history_is_named_and_the_others_are_still_checked(tmp_path: Path):
    for name, text in {"a": "{", "b": "{}", "c": SHIPPED[0].read_text(encoding="utf-8")}.items():
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    found = await replay(sorted(tmp_path.glob("*.json")), discover(ROOT / "workflows").workflows.values())
    assert [one.problem is None for one in found] == [False, False, True]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    said = CliRunner().invoke(app, ["histories", "check", str(tmp_path / "nowhere")])
    assert said.exit_code == 2
    assert "There is no folder" in said.output


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
async def test_a_run_of_a_shipped_workflow_replays(path: Path):
    (one,) = await replay([path], discover(ROOT / "workflows").workflows.values())
    assert one.problem is None


def test_each_shipped_workflow_has_a_recorded_run():
    assert {path.name.split(".")[0] for path in SHIPPED} == set(discover(ROOT / "workflows").workflows)


@pytest.mark.parametrize("path", SHIPPED, ids=[path.stem for path in SHIPPED])
def test_a_recorded_history_does_not_tell_where_it_was_recorded(path: Path):
    text = path.read_text(encoding="utf-8")
    assert "@" not in text
    assert not {"identity", "stackTrace"} & keys(json.loads(text))


def keys(value: Any) -> set[str]:
    """Return every name in a JSON value, however deep."""
    match value:
        case dict():
            named = cast("dict[str, Any]", value)
            return set(named).union(*map(keys, named.values()))
        case list():
            return set[str]().union(*map(keys, cast("list[Any]", value)))
        case _:
            return set()
