from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from temporalio.client import Client

from settings import Settings
from tests.api.conftest import Place
from tests.api.runs import finished, read, start
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_run_is_started_and_read(running: Place) -> None:
    async with running.program() as caller:
        answer = await caller.post(
            "/api/v1/workflows/Echo/runs",
            json={"data": {"name": "#1001"}, "headers": {"X-Source": "tests \u00e9", "Cookie": "zzz"}},
        )
    body = answer.json()
    assert (answer.status_code, body["duplicate"]) == (202, False)
    assert answer.headers["location"] == f"/api/v1/runs/{body['id']}"
    assert body["run_url"] == f"http://steps.test/runs/{body['id']}"
    run = await finished(running, body["id"])
    assert (run["workflow"], run["status"], run["steps_done"], run["note"]) == ("Echo", "completed", 1, None)
    assert run["result"] == {"data": {"name": "#1001"}, "headers": {"x-source": "tests \u00e9"}}
    assert run["log"][0]["message"] == "Started <b>now</b>"
    assert run["started_at"] <= run["ended_at"]
    assert run["ui_url"] == f"http://ui.test/namespaces/default/workflows/{quote(body['id'], safe='')}"


async def test_an_encoded_slash_names_the_same_run(running: Place) -> None:
    run_id = await start(running, "Echo")
    assert (await read(running, quote(run_id, safe="")))["id"] == run_id


async def test_a_failed_run_keeps_what_it_knew(running: Place) -> None:
    run = await finished(running, await start(running, "Failing"))
    assert run["status"] == "failed"
    assert run["failures"][0]["step"] == "start"
    assert run["failures"][0]["type"] == "RuntimeError"
    assert "the stock is empty" in run["failures"][0]["message"]
    assert run["log"][0]["message"] == "About to fail"


async def test_a_waiting_run_is_shown_and_cancelled(running: Place) -> None:
    run_id = await start(running, "LongWait")
    run = await read(running, run_id)
    assert run["status"] == "running"
    assert run["ended_at"] is None
    async with running.program() as caller:
        assert (await caller.post(f"/api/v1/runs/{run_id}/cancel")).status_code == 202
        run = await finished(running, run_id)
        assert run["status"] == "cancelled"
        assert [line["message"] for line in run["log"]] == ["Waiting"]
        again = await caller.post(f"/api/v1/runs/{quote(run_id, safe='')}/cancel")
    assert (again.status_code, again.json()["type"]) == (409, "run-ended")
    assert "cancelled" in again.json()["detail"]


async def test_a_terminated_run_is_shown(running: Place) -> None:
    run_id = await start(running, "LongWait")
    client: Client = await running.app.state.services.temporal()
    await read(running, run_id)
    await client.get_workflow_handle(run_id).terminate()
    run = await read(running, run_id)
    assert (run["status"], run["log"][0]["message"]) == ("terminated", "Waiting")


async def test_without_a_worker_the_answer_says_so(
    make_place: Callable[..., Place], settings: Settings, worker: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.reading.QUERY_TIMEOUT", timedelta(milliseconds=300))
    place = make_place(settings.model_copy(update={"task_queue": "nobody"}), worker)
    run = await read(place, await start(place, "Echo"))
    assert (run["status"], run["log"]) == ("running", None)
    assert "No worker answers" in run["note"]
    assert "python worker.py" in run["note"]


@pytest.mark.parametrize("run_id", ["echo/none", "none", "a/b/c", "%00", "x" * 3000, "echo%2Fnone%3F"])
async def test_an_unknown_run_is_told(running: Place, run_id: str) -> None:
    async with running.program() as caller:
        for answer in (await caller.get(f"/api/v1/runs/{run_id}"), await caller.post(f"/api/v1/runs/{run_id}/cancel")):
            assert (answer.status_code, answer.json()["type"]) == (404, "run-unknown")


@pytest.mark.parametrize(
    ("own", "argument", "own_id"),
    [
        ("steps.dedupe", 3_600, "seen/echo/0a"),
        ("steps.upsert", {"handle": "my-notion", "action": "upsert"}, "upserts/0a"),
    ],
)
async def test_a_workflow_of_the_engine_is_nobodys_run(running: Place, own: str, argument: Any, own_id: str) -> None:
    client: Client = await running.app.state.services.temporal()
    await client.start_workflow(own, argument, id=own_id, task_queue=running.settings.task_queue)
    run_id = await start(running, "Echo")
    await finished(running, run_id)

    async def listed() -> bool:
        async with running.program() as caller:
            runs = (await caller.get("/api/v1/runs", params={"limit": 100})).json()["runs"]
        assert own not in {run["workflow"] for run in runs}
        return run_id in {run["id"] for run in runs}

    await eventually(listed)
    async with running.program() as caller:
        for answer in (
            await caller.get(f"/api/v1/runs/{own_id}"),
            await caller.post(f"/api/v1/runs/{own_id}/cancel"),
        ):
            assert (answer.status_code, answer.json()["type"]) == (404, "run-unknown")
    await client.get_workflow_handle(own_id).terminate()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/workflows/Echo/runs"),
        ("GET", "/api/v1/runs"),
        ("GET", "/api/v1/runs/echo/1"),
        ("POST", "/api/v1/runs/echo/1/cancel"),
    ],
)
async def test_without_temporal_each_says_so(place: Place, method: str, path: str) -> None:
    async with place.program() as caller:
        answer = await caller.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (503, "temporal-unavailable")
    assert answer.headers["retry-after"] == "5"
    assert "127.0.0.1" not in answer.text
