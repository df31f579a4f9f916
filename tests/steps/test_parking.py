"""Nondeterminism parks a run: it stays open, says why, and goes on after a deploy that mends it."""

from __future__ import annotations

import asyncio
import uuid

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from steps import RunRecord
from tests.conftest import eventually
from tests.steps.harness import Outside, ended, messages, start, working
from tests.steps.parked import broken, healed

pytestmark = pytest.mark.server


async def parked(handle: WorkflowHandle[object, object]) -> str:
    """Wait until a workflow task has failed; return what the history says about it."""

    async def look() -> str:
        history = await handle.fetch_history()
        failed = [event for event in history.events if event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED]
        if not failed:
            return ""
        failure = failed[-1].workflow_task_failed_event_attributes.failure
        return str(await description.data_converter.decode_failure(failure))

    description = await handle.describe()
    reason = await eventually(look)
    description = await handle.describe()
    assert description.status == WorkflowExecutionStatus.RUNNING
    return reason


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("clock", "datetime.datetime.now"),
        ("random", "random.random"),
        ("uuid", "uuid.uuid4"),
        ("file", "pathlib.Path.read_text"),
        ("sleep", "time.sleep"),
        ("group", "datetime.datetime.now"),
    ],
)
async def test_what_the_sandbox_forbids_parks_the_run_and_the_history_names_it(
    dev_server: WorkflowEnvironment, served: str, rule: str, names: str
):
    handle = await start(dev_server.client, served, "Breaks", rule)
    assert names in await parked(handle)
    await handle.terminate()


async def test_a_hook_that_breaks_the_rule_parks_the_run_too(dev_server: WorkflowEnvironment, served: str):
    handle = await start(dev_server.client, served, "BreaksInHook")
    assert "datetime.datetime.now" in await parked(handle)
    await handle.terminate()


async def healed_after(
    client: Client, queue: str, handle: WorkflowHandle[object, object], outside: Outside
) -> RunRecord:
    async with working(client, outside, queue=queue, workflows=[healed.Clock]):
        return await asyncio.wait_for(ended(handle), 30)


async def test_a_fixed_deploy_heals_a_parked_run_and_no_branch_is_lost_or_runs_twice(dev_server: WorkflowEnvironment):
    client, queue, outside = dev_server.client, f"steps-{uuid.uuid4()}", Outside()
    async with working(client, outside, queue=queue, workflows=[broken.Clock]):
        handle = await start(client, queue, "Clock")
        assert "datetime.datetime.now" in await parked(handle)
    record = await healed_after(client, queue, handle, outside)
    assert not record.failures
    assert sorted(line.fields["number"] for line in record.log if line.message == "noted") == [0, 1, 2]
    assert messages(record).count("looked") == 1
    assert messages(record)[-1] == "complete"
    assert sorted(call.url for call in outside.fetched) == [
        "https://example.com/0", "https://example.com/1", "https://example.com/2", "https://example.com/clock",
    ]  # fmt: skip
    assert record.steps_done == 8
