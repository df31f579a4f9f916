"""`GET /api/v1/runs/{id}/calls`: what a run has called, as Temporal's history tells it."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.calls import list_calls
from codec.keys import read_keys
from temporal import plugin
from tests.api.conftest import Place
from tests.api.runs import finished, start
from tests.conftest import eventually
from tests.steps.harness import SIGNER, ended, working
from tests.steps.harness import start as begin

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


async def test_encrypted_histories_are_read_with_the_key(dev_server: WorkflowEnvironment) -> None:
    keys = read_keys(f"one:{base64.b64encode(b'k' * 32).decode()}")
    client = await Client.connect(dev_server.client.service_client.config.target_host, plugins=[plugin(keys)])
    async with working(client) as queue:
        calls = [{"url": "https://example.com/missing"}, {"url": "https://example.com/there"}]
        handle = await begin(client, queue, "Fetches", calls)
        await ended(handle)
        found = await list_calls(client, SIGNER, handle.id)
    assert {(call.address, call.status) for call in found.calls} == {
        ("example.com/missing", 404),
        ("example.com/there", 200),
    }


async def test_a_cursor_of_another_list_is_refused(running: Place) -> None:
    run_id = await start(running, "Echo")
    async with running.program() as caller:
        answer = await caller.get(f"/api/v1/runs/{run_id}/calls?cursor=abc")
        assert (answer.status_code, answer.json()["type"]) == (400, "cursor-invalid")
        answer = await caller.get("/api/v1/runs/echo/none/calls")
        assert (answer.status_code, answer.json()["type"]) == (404, "run-unknown")
