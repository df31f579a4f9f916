"""Test runs, by the API and on the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client
from typer.testing import CliRunner, Result

from cli import app
from tests.api.conftest import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_test_run_is_answered_whole_when_it_has_ended(running: Place) -> None:
    body = {"data": {"name": "#1"}, "headers": {"X-Source": "tests", "Cookie": "zzz"}}
    async with running.program() as caller:
        answer = await caller.post("/api/v1/workflows/Echo/test", json=body)
    run = answer.json()
    assert (answer.status_code, run["status"], run["steps_done"]) == (200, "completed", 1)
    assert run["id"].startswith("echo/test-")
    assert answer.headers["location"] == f"/api/v1/runs/{run['id']}"
    assert run["result"] == {"data": {"name": "#1"}, "headers": {"x-source": "tests"}}
    assert run["log"][0]["message"] == "Started <b>now</b>"
    client: Client = await running.app.state.services.temporal()
    memo = await (await client.get_workflow_handle(run["id"]).describe()).memo()
    assert memo["trigger"] == "test"


async def test_a_failed_test_run_has_its_failures(running: Place) -> None:
    async with running.program() as caller:
        answer = await caller.post("/api/v1/workflows/Failing/test")
    run = answer.json()
    assert (answer.status_code, run["status"]) == (200, "failed")
    assert run["failures"][0]["type"] == "RuntimeError"


@pytest.mark.parametrize("wait", ["0", "0.3"])
async def test_a_test_run_that_goes_on_is_answered_as_it_is(running: Place, wait: str) -> None:
    async with running.program() as caller:
        answer = await caller.post("/api/v1/workflows/LongWait/test", params={"wait": wait}, json={})
        run = answer.json()
        assert (answer.status_code, run["status"]) == (202, "running")
        assert answer.headers["location"] == f"/api/v1/runs/{run['id']}"
        assert (await caller.post(f"/api/v1/runs/{run['id']}/cancel")).status_code == 202


async def test_every_test_is_a_run_of_its_own(running: Place) -> None:
    async with running.program() as caller:
        answers = [
            await caller.post("/api/v1/workflows/Echo/test", json={}, headers={"Idempotency-Key": "same"})
            for _ in range(2)
        ]
    assert len({answer.json()["id"] for answer in answers}) == 2


@pytest.mark.parametrize(
    ("path", "body", "status", "type"),
    [
        ("Echo/test?wait=61", {}, 422, "request-invalid"),
        ("Echo/test?wait=-1", {}, 422, "request-invalid"),
        ("Echo/test?wait=nan", {}, 422, "request-invalid"),
        ("Echo/test?wait=soon", {}, 422, "request-invalid"),
        ("Echo/test", {"date": {}}, 422, "request-invalid"),
        ("Ehco/test", {}, 404, "workflow-unknown"),
        ("TypedOrder/test", {"data": {"name": 1}}, 422, "payload-invalid"),
    ],
)
async def test_what_cannot_be_tested_is_told_and_starts_nothing(
    running: Place, path: str, body: Any, status: int, type: str
) -> None:
    async with running.program() as caller:
        answer = await caller.post(f"/api/v1/workflows/{path}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (status, type)


async def test_a_test_run_needs_a_key(running: Place) -> None:
    async with running.browser() as visitor:
        assert (await visitor.post("/api/v1/workflows/Echo/test", json={})).status_code == 401


@pytest.fixture
def operator(running: Place, worker: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Run commands as an operator does, in a thread: each has an event loop of its own."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", worker.service_client.config.target_host)
    monkeypatch.setenv("STEPS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("STEPS_TASK_QUEUE", running.settings.task_queue)
    monkeypatch.setenv("STEPS_WORKFLOWS_DIR", str(running.settings.workflows_dir))

    async def run(*arguments: str, text: str | None = None) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["runs", *arguments], input=text)

    return run


async def test_the_command_shows_what_became_of_the_run(operator: Any, tmp_path: Path) -> None:
    file = tmp_path / "order.json"
    file.write_text('{"name": "é"}', encoding="utf-8")
    done = await operator("test", "Echo", "--data", f"@{file}", "--header", "X-Source: tests", "--header", "X-B:1")
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0].startswith("echo/test-")
    assert lines[0].endswith("  completed")
    assert lines[1:3] == ["Steps: 1 done, 0 running, 0 waiting", "Log:"]
    assert lines[3].endswith('info    start: Started <b>now</b>  {"source": "tests"}')
    assert lines[4] == "Result:"
    assert json.loads("".join(lines[5:-1])) == {"data": {"name": "é"}, "headers": {"x-source": "tests", "x-b": "1"}}


async def test_the_command_shows_failures_and_fails(operator: Any) -> None:
    done = await operator("test", "Failing")
    assert done.exit_code == 1
    assert "Failures: 1\n  start, branch 0: RuntimeError: the stock is empty <script> (orders.py:" in done.stdout


async def test_the_command_shows_a_run_that_goes_on(operator: Any, worker: Client) -> None:
    done = await operator("test", "LongWait", "--wait", "0.5")
    assert done.exit_code == 0
    assert "Steps: 1 done, 0 running, 1 waiting\n  waiting  later for its time, 20" in done.stdout
    await worker.get_workflow_handle(done.stdout.split()[0]).terminate()


async def test_a_run_is_started_with_headers_and_data_of_a_file_or_of_standard_input(
    operator: Any, worker: Client
) -> None:
    done = await operator("start", "Echo", "--data", "@-", "--header", "X-Source: cli", text='{"name": 1}')
    assert done.exit_code == 0, done.output
    record = await worker.get_workflow_handle(done.stdout.strip()).result()
    assert record["result"] == {"data": {"name": 1}, "headers": {"x-source": "cli"}}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--header", "no colon"), "'name: value', not 'no colon'"),
        (("--header", ": value"), "'name: value'"),
        (("--data", "@/nowhere/order.json"), "No such file or directory: /nowhere/order.json"),
        (("--data", "@-"), "--data is not JSON"),
        (("--data", "{oops"), "--data is not JSON"),
    ],
)
@pytest.mark.parametrize("command", ["start", "test"])
async def test_what_cannot_be_read_names_the_option(
    operator: Any, command: str, arguments: tuple[str, str], says: str
) -> None:
    done = await operator(command, "Echo", *arguments, text="{oops")
    assert done.exit_code == 2
    assert says in " ".join(done.stderr.replace("│", " ").split())
