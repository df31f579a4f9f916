"""`POST /api/v1/runs/{id}/retry`: a new run from the failed steps of an old one; and the list of every step."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.retrying import retry_run
from steps import RunRecord
from steps.given import Given
from tests.api.conftest import Place
from tests.conftest import eventually
from tests.steps.harness import Outside, ended, messages, start, working

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


class Shop:
    """A worker whose variables a test can change between a run and its retry."""

    def __init__(self, client: Client, queue: str, outside: Outside) -> None:
        self.client, self.queue, self.outside = client, queue, outside

    async def run(self, name: str, data: Any) -> tuple[str, RunRecord]:
        handle = await start(self.client, self.queue, name, data)
        return handle.id, await ended(handle)

    async def retry(self, run_id: str) -> tuple[str, RunRecord]:
        started = await retry_run(self.client, run_id)
        return started.id, await ended(self.client.get_workflow_handle(started.id))


@pytest_asyncio.fixture(loop_scope="session")
async def mending(dev_server: WorkflowEnvironment) -> AsyncIterator[Shop]:
    outside = Outside()
    async with working(dev_server.client, outside) as queue:
        yield Shop(dev_server.client, queue, outside)


async def test_a_retry_runs_the_failed_branches_alone_and_then_what_waited_for_them(mending: Shop):
    run_id, failed = await mending.run("Joins", {"branches": [[1], ["b"], [3], ["d", 4]]})
    assert (failed.failure_count, failed.result) == (2, None)
    mending.outside.given = Given(env={"MENDED": "yes"})
    retry_id, record = await mending.retry(run_id)
    assert retry_id == f"{run_id}~2"
    assert record.result == {"results": [1, "b", 3, 4]}
    assert sorted(row.step for row in record.steps) == ["branch", "branch", "branch", "summarise"]
    assert messages(record)[0] == f"This run retries 2 failed branches of {run_id}: branch"
    assert not record.failures


async def test_groups_inside_of_groups_go_on_too(mending: Shop):
    run_id, failed = await mending.run("Nested", [[1, "bad"], [2], ["bad"]])
    assert failed.failure_count == 2
    mending.outside.given = Given(env={"MENDED": "yes"})
    _, record = await mending.retry(run_id)
    assert record.result == ["all", ["some", 1, "bad"], ["some", 2], ["some", "bad"]]


async def test_a_retry_that_fails_again_can_be_retried_and_nothing_is_lost(mending: Shop):
    run_id, _ = await mending.run("Joins", {"branches": [[1], ["b"]]})
    second, failed = await mending.retry(run_id)
    assert failed.failure_count == 1
    mending.outside.given = Given(env={"MENDED": "yes"})
    third, record = await mending.retry(second)
    assert (second, third) == (f"{run_id}~2", f"{run_id}~3")
    assert record.result == {"results": [1, "b"]}


async def test_a_start_that_failed_begins_again_with_its_data_and_headers(mending: Shop):
    run_id, failed = await mending.run("StartsMended", {"name": "x" * 300_000})
    assert failed.failures[0].step == "start"
    second, _ = await mending.retry(run_id)
    mending.outside.given = Given(env={"MENDED": "yes"})
    _, record = await mending.retry(second)
    assert record.result == {"size": 300_000, "headers": {"x-from": "test"}}


async def test_the_store_goes_on(mending: Shop):
    run_id, _ = await mending.run("Retries", {"step": "quick", "good": 6})
    _, record = await mending.retry(run_id)
    assert record.store == {"tries": 6}
    assert record.result == {"attempt": 2}, "attempts are counted anew"


async def test_a_second_click_starts_nothing(mending: Shop):
    run_id, _ = await mending.run("Joins", {"branches": [["b"]]})
    first, second = await retry_run(mending.client, run_id), await retry_run(mending.client, run_id)
    assert (first.id, first.duplicate) == (second.id, False)
    assert second.duplicate


async def post(place: Place, path: str) -> httpx.Response:
    async with place.program() as caller:
        return await caller.post(f"/api/v1/runs/{path}")


async def test_it_is_a_route_with_its_answers(running: Place):
    async with running.program() as caller:
        started = await caller.post("/api/v1/workflows/Failing/runs", json={"data": {}})
        run_id = started.json()["id"]

        async def failed() -> bool:
            return (await caller.get(f"/api/v1/runs/{run_id}")).json()["status"] == "failed"

        await eventually(failed)
        first, second = await post(running, f"{run_id}/retry"), await post(running, f"{run_id}/retry")
        assert (first.status_code, second.status_code) == (202, 200)
        assert first.headers["location"] == f"/api/v1/runs/{run_id}~2"
        view = (await caller.get(f"/api/v1/runs/{run_id}~2")).json()
        assert (view["retry_of"], view["trigger"]) == (run_id, "retry")


@pytest.mark.parametrize(
    ("workflow", "status", "says"), [("Echo", 409, "The run is completed"), ("LongWait", 409, "The run is running")]
)
async def test_a_run_that_has_not_failed_is_not_retried(running: Place, workflow: str, status: int, says: str):
    async with running.program() as caller:
        started = await caller.post(f"/api/v1/workflows/{workflow}/runs", json={"data": {}})
        run_id = started.json()["id"]
        wanted = says.rpartition(" ")[2]

        async def there() -> bool:
            return (await caller.get(f"/api/v1/runs/{run_id}")).json()["status"] == wanted

        await eventually(there)
    answer = await post(running, f"{run_id}/retry")
    assert (answer.status_code, answer.json()["type"]) == (status, "run-not-retryable")
    assert says in answer.json()["detail"]


async def test_a_run_that_failed_before_its_first_step_says_to_start_anew(mending: Shop, running: Place):
    run_id = f"Echo/{uuid.uuid4()}"
    handle = await mending.client.start_workflow("Echo", {"wrong": 1}, id=run_id, task_queue=mending.queue)
    await ended(handle)
    answer = await post(running, f"{run_id}/retry")
    assert answer.status_code == 409
    assert "before any step ran. Start a new run" in answer.json()["detail"]


async def test_an_unknown_run_is_unknown(running: Place):
    assert (await post(running, "nothing/here/retry")).json()["type"] == "run-unknown"


async def test_every_step_of_a_long_run_is_listed_in_parts_with_its_log(running: Place, mending: Shop):
    mending.outside.given = Given(env={"TABLE": "t1"})
    run_id, record = await mending.run("Long", {"left": 2_100, "log_every": 700, "call_every": 0})
    assert record.steps_before >= 2_000
    seen: list[dict[str, Any]] = []
    cursor: str | None = None
    async with running.program() as caller:
        while True:
            answer = await caller.get(f"/api/v1/runs/{run_id}/steps", params={"cursor": cursor} if cursor else {})
            part = answer.json()
            seen += part["steps"]
            cursor = part["next_cursor"]
            if cursor is None:
                break
        view = (await caller.get(f"/api/v1/runs/{run_id}")).json()
        forged = await caller.get(f"/api/v1/runs/{run_id}/steps", params={"cursor": "x.y"})
    assert len(seen) == view["attempts"] == 2_103
    assert seen[0]["step"] == "start"
    assert {step["outcome"] for step in seen} == {"completed", "failed"}
    assert [line["fields"]["left"] for step in seen for line in step["log"] if line["message"] == "at"] == [
        2_100, 1_400, 700, 0,
    ]  # fmt: skip
    failed = next(step for step in seen if step["outcome"] == "failed")
    assert (failed["step"], failed["error"], failed["attempt"]) == ("fail_early", "RuntimeError: early", 1)
    assert [step["began"] for step in seen] == sorted(step["began"] for step in seen)
    assert forged.json()["type"] == "cursor-invalid"
