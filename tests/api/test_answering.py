"""Triggers that answer with what `start` returned."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from settings import Settings
from steps.answer import MAX_ANSWER_BYTES
from tests.api.conftest import FLOWS, Place, discover_once
from tests.api.runs import finished, read
from tests.api.test_hooks import address
from tests.conftest import eventually
from tests.steps.harness import Outside

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def call(place: Place, name: str = "Answering", key: str | None = None, **data: Any) -> httpx.Response:
    headers = {"Webhook-Id": key or uuid.uuid4().hex}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.app), timeout=60) as sender:
        return await sender.post(address(place, name), json=data, headers=headers)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"kind": "value", "value": {"rows": [1, {"é": None}]}}, '{"rows":[1,{"é":null}]}'),
        ({"kind": "value", "value": []}, "[]"),
        ({"kind": "value", "value": "text"}, '"text"'),
        ({"kind": "value", "value": False}, "false"),
        ({"kind": "value", "value": 0}, "0"),
        ({"kind": "model"}, '{"total":1.5,"name":"é"}'),
        ({"kind": "nothing"}, '{"success":true}'),
        ({"kind": "fetched"}, '"https://example.com/"'),
    ],
)
async def test_what_start_returns_is_the_answer(running: Place, data: dict[str, Any], text: str) -> None:
    answer = await call(running, **data)
    assert (answer.status_code, answer.text) == (200, text)
    assert answer.headers["content-type"] == "application/json"


async def test_a_response_sets_status_and_headers_and_no_browser_runs_it(running: Place) -> None:
    given = {
        "status": 418,
        "headers": {"Content-Type": "text/html", "X-Order": "1 é", "Cache-Control": "max-age=60", "Link": "<a>"},
        "text": "<script>é</script>",
    }
    answer = await call(running, kind="response", response=given)
    assert (answer.status_code, answer.text) == (418, "<script>é</script>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert (answer.headers["x-order"], answer.headers["cache-control"]) == ("1 é", "max-age=60")
    for headers in (answer.headers, (await call(running, kind="nothing")).headers):
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize("status", [204, 304])
async def test_an_answer_may_have_no_body(running: Place, status: int) -> None:
    answer = await call(running, kind="response", response={"status": status})
    assert (answer.status_code, answer.content) == (status, b"")


async def test_a_redirect_is_passed_on(running: Place) -> None:
    given = {"status": 303, "headers": {"location": "https://shop.example.com/thanks"}}
    answer = await call(running, kind="response", response=given)
    assert (answer.status_code, answer.headers["location"]) == (303, "https://shop.example.com/thanks")


@pytest.mark.parametrize(
    ("data", "type", "says"),
    [
        ({"kind": "raise"}, "RuntimeError", "the stock is empty"),
        ({"kind": "token"}, "payload-invalid", "reference to a secret"),
        ({"kind": "header"}, "payload-invalid", "reference to a secret"),
        ({"kind": "value", "value": "x" * MAX_ANSWER_BYTES}, "payload-too-large", "What start answers has"),
        ({"kind": "response", "response": {"status": 99}}, "payload-invalid", "status 99"),
    ],
)
async def test_a_start_that_fails_tells_the_caller_the_run_and_nothing_else(
    running: Place, data: dict[str, Any], type: str, says: str
) -> None:
    key = uuid.uuid4().hex
    for answer in (await call(running, key=key, **data), await call(running, key=key, **data)):
        body = answer.json()
        assert (answer.status_code, body["type"]) == (500, "start-failed")
        assert body["id"] == f"answering/{key}"
        assert key in body["detail"]
        assert "stock" not in answer.text
        assert "sealed:" not in answer.text
    run = await finished(running, f"answering/{key}")
    assert (run["status"], run["failures"][0]["type"]) == ("failed", type)
    assert says in run["failures"][0]["message"]


async def test_the_same_delivery_gets_the_same_answer_and_starts_nothing(running: Place) -> None:
    first = await call(running, key="same-1", kind="value", value=1, later="1 day")
    again = await call(running, key="same-1", kind="value", value=2)
    assert [(one.status_code, one.json()) for one in (first, again)] == [(200, 1)] * 2
    run = await read(running, "answering/same-1")
    assert (run["status"], run["store"]) == ("running", {"started": 1})


async def test_the_same_delivery_gets_the_same_answer_when_the_run_has_ended(running: Place) -> None:
    assert (await call(running, key="same-2", kind="value", value=1, later=0.001)).json() == 1
    run = await finished(running, "answering/same-2")
    assert (run["status"], run["result"]) == ("completed", "later")
    assert (await call(running, key="same-2", kind="value", value=2)).json() == 1


async def test_fifty_deliveries_at_once_start_one_run_and_get_one_answer(running: Place) -> None:
    answers = await asyncio.gather(*(call(running, key="same-3", kind="value", value=number) for number in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert (await finished(running, "answering/same-3"))["store"] == {"started": 1}


async def test_when_the_time_is_over_the_caller_gets_the_run_which_goes_on(running: Place) -> None:
    answer = await call(running, "AnsweringLate", key="late-1", hang=True)
    body = answer.json()
    assert (answer.status_code, body["id"], body["duplicate"]) == (202, "answering-late/late-1", False)
    assert answer.headers["location"] == "/api/v1/runs/answering-late/late-1"
    again = await call(running, "AnsweringLate", key="late-1", hang=True)
    assert (again.status_code, again.json()["duplicate"]) == (202, True)
    assert (await read(running, "answering-late/late-1"))["status"] == "running"


async def test_a_start_that_parks_lets_the_caller_go(running: Place, worker: Client) -> None:
    answer = await call(running, "AnsweringLate", key="parked", park=True)
    assert (answer.status_code, answer.json()["id"]) == (202, "answering-late/parked")
    assert (await read(running, "answering-late/parked"))["status"] == "running"
    await worker.get_workflow_handle("answering-late/parked").terminate()


async def test_a_worker_that_comes_late_still_answers(
    make_place: Callable[..., Place], settings: Settings, worker: Client
) -> None:
    queue = f"late-{uuid.uuid4()}"
    place = make_place(settings.model_copy(update={"task_queue": queue}), worker)
    waiting = asyncio.create_task(call(place, key="late-worker", kind="value", value=7))

    async def stored() -> bool:
        return (await worker.get_workflow_handle("answering/late-worker").describe()).id == "answering/late-worker"

    await eventually(stored)
    workflows = list(discover_once(FLOWS).workflows.values())
    async with Worker(worker, task_queue=queue, workflows=workflows, activities=Outside().all()):
        assert (await waiting).json() == 7


async def test_a_cancelled_start_lets_the_caller_go_and_the_run_ends(running: Place) -> None:
    waiting = asyncio.create_task(call(running, key="cancelled", kind="hang"))

    async def started() -> bool:
        return [step["step"] for step in (await read(running, "answering/cancelled"))["current_steps"]] == ["start"]

    await eventually(started)
    async with running.program() as caller:
        assert (await caller.post("/api/v1/runs/answering/cancelled/cancel")).status_code == 202
    assert (await asyncio.wait_for(waiting, 60)).json()["type"] == "start-failed"
    assert (await finished(running, "answering/cancelled"))["status"] == "cancelled"
    assert (await call(running, key="cancelled", kind="nothing")).status_code == 500


async def test_a_terminated_run_is_only_named(running: Place) -> None:
    waiting = asyncio.create_task(call(running, key="terminated", kind="hang"))
    client: Client = await running.app.state.services.temporal()

    async def stopped() -> bool:
        await client.get_workflow_handle("answering/terminated").terminate()
        return True

    await eventually(stopped)
    answer = await asyncio.wait_for(waiting, 60)
    assert (answer.status_code, answer.json()["id"]) == (202, "answering/terminated")


async def test_without_a_worker_the_start_is_stored_and_told_for_certain(
    make_place: Callable[..., Place], settings: Settings, worker: Client
) -> None:
    place = make_place(settings.model_copy(update={"task_queue": f"nobody-{uuid.uuid4()}"}), worker)
    first = await call(place, "AnsweringLate", key="nobody")
    again = await call(place, "AnsweringLate", key="nobody")
    assert [(one.status_code, one.json()["duplicate"]) for one in (first, again)] == [(202, False), (202, True)]
    description = await worker.get_workflow_handle("answering-late/nobody").describe()
    assert (await description.memo())["trigger"] == "hook"
    await worker.get_workflow_handle("answering-late/nobody").terminate()


async def test_without_temporal_the_caller_is_asked_to_come_again(place: Place) -> None:
    answer = await call(place, "AnsweringLate")
    assert (answer.status_code, answer.json()["type"]) == (503, "temporal-unavailable")


async def test_a_run_of_a_class_that_did_not_answer_when_it_began_is_only_named(running: Place) -> None:
    client: Client = await running.app.state.services.temporal()
    # What an older build of the class began: its start is over, and it has kept no answer.
    carried: dict[str, Any] = {"branches": [{"id": 3, "action": "later", "due": "2126-01-01T00:00:00Z"}], "env": {}}
    await client.start_workflow(
        "Answering", {"carried": carried}, id="answering/older", task_queue=running.settings.task_queue
    )

    async def told() -> bool:
        answer = await call(running, key="older", kind="nothing")
        return (answer.status_code, answer.json().get("duplicate")) == (202, True)

    await eventually(told)
    await client.get_workflow_handle("answering/older").terminate()
