"""`GET /api/v1/runs/{id}/calls`: what a run has called, as Temporal's history tells it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Place
from tests.api.runs import finished, start
from tests.conftest import eventually

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_call_has_its_step_address_status_attempt_and_times(running: Place) -> None:
    run_id = await start(running, "Branching", {"branches": 2, "again": True})
    await finished(running, run_id)
    async with running.program() as caller:
        answer = await caller.get(f"/api/v1/runs/{run_id}/calls")
    body = answer.json()
    assert (answer.status_code, body["next_cursor"]) == (200, None)
    fetches = [call for call in body["calls"] if call["method"]]
    assert {call["address"] for call in fetches} == {"example.com/items/0", "example.com/items/1"}
    for call in fetches:
        assert (call["step"], call["method"], call["status"]) == ("branch", "POST", 200)
        assert (call["outcome"], call["attempt"], call["error"]) == ("completed", 1, None)
        assert call["began"] <= call["ended"]
    assert [(call["step"], call["call"]) for call in body["calls"] if not call["method"]] == [(None, "shout")] * 2
    assert "hidden" not in answer.text


async def test_a_call_that_goes_on_has_no_end(running: Place) -> None:
    run_id = await start(running, "Answering", {"kind": "hang"})
    async with running.program() as caller:

        async def calls() -> list[dict[str, Any]]:
            return (await caller.get(f"/api/v1/runs/{run_id}/calls")).json()["calls"]

        (call,) = await eventually(calls)
        assert call["outcome"] in ("running", "queued")
        assert (call["call"], call["ended"]) == ("hang", None)
        await caller.post(f"/api/v1/runs/{run_id}/cancel")
    await finished(running, run_id)


async def test_a_cursor_of_another_list_is_refused(running: Place) -> None:
    run_id = await start(running, "Echo")
    async with running.program() as caller:
        answer = await caller.get(f"/api/v1/runs/{run_id}/calls?cursor=abc")
        assert (answer.status_code, answer.json()["type"]) == (400, "cursor-invalid")
        answer = await caller.get("/api/v1/runs/echo/none/calls")
        assert (answer.status_code, answer.json()["type"]) == (404, "run-unknown")
