from __future__ import annotations

import asyncio
import base64
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from temporalio.client import Client

from settings import Settings
from tests.api.conftest import Place
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


KNOWN = [
    "Answering", "AnsweringLate", "Echo", "Failing", "LongWait", "OrderMoved", "PageChanged", "Planned", "Standing",
    "TypedOrder", "Unfitting", "Waiter",
]  # fmt: skip


def key() -> str:
    return uuid.uuid4().hex


async def start(place: Place, name: str, data: Any = None, **headers: str) -> str:
    async with place.program() as caller:
        answer = await caller.post(f"/api/v1/workflows/{name}/runs", json={"data": data}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def read(place: Place, run_id: str) -> dict[str, Any]:
    async with place.program() as caller:
        answer = await caller.get(f"/api/v1/runs/{run_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def finished(place: Place, run_id: str) -> dict[str, Any]:
    """Return the run when it has ended; Temporal tells when, so that nothing sleeps."""
    client: Client = await place.app.state.services.temporal()
    await asyncio.gather(client.get_workflow_handle(run_id).result(), return_exceptions=True)
    return await read(place, run_id)


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


async def test_a_key_of_dedupe_is_nobodys_run(running: Place) -> None:
    client: Client = await running.app.state.services.temporal()
    await client.start_workflow("steps.dedupe", 3_600, id="seen/echo/0a", task_queue=running.settings.task_queue)
    run_id = await start(running, "Echo")
    await finished(running, run_id)

    async def listed() -> bool:
        async with running.program() as caller:
            runs = (await caller.get("/api/v1/runs", params={"limit": 100})).json()["runs"]
        assert "steps.dedupe" not in {run["workflow"] for run in runs}
        return run_id in {run["id"] for run in runs}

    await eventually(listed)
    async with running.program() as caller:
        for answer in (
            await caller.get("/api/v1/runs/seen/echo/0a"),
            await caller.post("/api/v1/runs/seen/echo/0a/cancel"),
        ):
            assert (answer.status_code, answer.json()["type"]) == (404, "run-unknown")
    await client.get_workflow_handle("seen/echo/0a").terminate()


async def test_the_same_key_is_the_same_run(running: Place) -> None:
    name = key()
    run_id = await start(running, "Echo", {"a": 1, "b": 2}, **{"Idempotency-Key": name})
    assert run_id == f"echo/{name}"
    async with running.program() as caller:
        path, headers = "/api/v1/workflows/Echo/runs", {"Idempotency-Key": name}
        again = await caller.post(path, json={"data": {"b": 2, "a": 1}}, headers=headers)
        assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, run_id, True)
        await finished(running, run_id)
        again = await caller.post(path, json={"data": {"a": 1, "b": 2}}, headers=headers)
        assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, run_id, True)
        other = await caller.post(path, json={"data": {"a": 2}}, headers=headers)
        assert (other.status_code, other.json()["type"], other.json()["id"]) == (422, "idempotency-key-reused", run_id)


async def test_of_twenty_at_once_one_starts_the_run(running: Place) -> None:
    name = key()
    async with running.program() as caller:
        path, headers = "/api/v1/workflows/Echo/runs", {"Idempotency-Key": name}
        answers = await asyncio.gather(*(caller.post(path, json={"data": 1}, headers=headers) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    assert {answer.json()["id"] for answer in answers} == {f"echo/{name}"}


async def test_without_a_key_each_request_is_a_run(running: Place) -> None:
    assert await start(running, "Echo") != await start(running, "Echo")
    assert await start(running, "Echo", **{"Idempotency-Key": " "}) != "echo/"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("OrderToNotion", "Known: Answering"),
        ("TypedOder", "Did you mean TypedOrder?"),
        ("echo", "Echo"),
        ("%00", "Echo"),
    ],
)
async def test_an_unknown_workflow_lists_the_known_ones(place: Place, name: str, hint: str) -> None:
    async with place.program() as caller:
        answer = await caller.post(f"/api/v1/workflows/{name}/runs", json={})
    assert (answer.status_code, answer.json()["type"]) == (404, "workflow-unknown")
    assert hint in answer.json()["detail"]
    assert answer.json()["known"] == KNOWN


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"dat": "HOSTILE"}, "dat"),
        ({"data": {}, "carried": {"next_id": 7}}, "carried"),
        ({"headers": "HOSTILE"}, "headers"),
        ({"headers": {"a": 1}}, "headers.a"),
    ],
)
async def test_a_wrong_field_is_named_and_not_repeated(place: Place, body: dict[str, Any], field: str) -> None:
    async with place.program() as caller:
        answer = await caller.post("/api/v1/workflows/Echo/runs", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "request-invalid")
    assert answer.json()["errors"][0]["field"] == field
    assert "HOSTILE" not in answer.text


async def test_typed_data_is_checked_before_the_start(running: Place) -> None:
    async with running.program() as caller:
        answer = await caller.post("/api/v1/workflows/TypedOrder/runs", json={"data": {"name": "x"}})
    assert (answer.status_code, answer.json()["type"]) == (422, "payload-invalid")
    assert "field `total`" in answer.json()["detail"]
    assert (await finished(running, await start(running, "TypedOrder", {"name": "x", "total": 1})))["result"] == "x"


@pytest.mark.parametrize(("size", "status"), [(1_990_000, 202), (2_000_000, 413), (5_000_000, 413)])
async def test_what_temporal_cannot_take_in_is_refused(
    make_place: Callable[..., Place], settings: Settings, worker: Client, size: int, status: int
) -> None:
    place = make_place(settings.model_copy(update={"max_body_bytes": 8_000_000, "task_queue": "nobody"}), worker)
    async with place.program() as caller:
        answer = await caller.post("/api/v1/workflows/Echo/runs", json={"data": "\u00e9" * (size // 2)})
    assert answer.status_code == status
    if status == 413:
        assert (answer.json()["type"], answer.json()["limit"]) == ("body-too-large", 2_000_000)


async def pages(caller: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {**params, **({"cursor": cursor} if cursor else {})}
        answer = await caller.get("/api/v1/runs", params=query)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["runs"]) <= params.get("limit", 20)
        found += answer.json()["runs"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


async def test_runs_are_listed_by_page_and_filtered(running: Place) -> None:
    started = [await start(running, "Failing") for _ in range(5)]
    for run_id in started:
        await finished(running, run_id)
    async with running.program() as caller:
        async with asyncio.timeout(20):  # Temporal's list follows a moment after the runs
            while not set(started) <= {run["id"] for run in await pages(caller, workflow="Failing", status="failed")}:
                continue
        listed = await pages(caller, workflow="Failing", limit=2)
        ids = [run["id"] for run in listed]
        assert len(ids) == len(set(ids))
        assert set(started) <= set(ids)
        assert {run["workflow"] for run in listed} == {"Failing"}
        assert [run["ended_at"] for run in listed] == sorted((run["ended_at"] for run in listed), reverse=True)
        assert await pages(caller, workflow="Failing", status="running") == []
        first = await caller.get("/api/v1/runs", params={"workflow": "Failing", "limit": 1})
        other = await caller.get("/api/v1/runs", params={"limit": 1, "cursor": first.json()["next_cursor"]})
        assert (other.status_code, other.json()["type"]) == (400, "cursor-invalid")
        unknown = await caller.get("/api/v1/runs", params={"workflow": "x' OR '1'='1"})
        assert unknown.json()["type"] == "workflow-unknown"


@pytest.mark.parametrize("cursor", ["x", "!!!!", "\u00e9", base64.urlsafe_b64encode(b"made up").decode()])
async def test_a_made_up_cursor_is_refused(running: Place, cursor: str) -> None:
    async with running.program() as caller:
        answer = await caller.get("/api/v1/runs", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "cursor-invalid")


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
