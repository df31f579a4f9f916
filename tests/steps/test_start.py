"""What any Temporal client may send to start a run."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from steps import RunRecord, Trigger
from tests.conftest import binary
from tests.steps.flows import Echo
from tests.steps.harness import ended

pytestmark = pytest.mark.server


async def started_with(client: Client, queue: str, arguments: list[Any], **options: Any) -> RunRecord:
    handle: WorkflowHandle[Any, Any] = await client.start_workflow(
        "Echo", args=arguments, id=f"Echo/{uuid.uuid4()}", task_queue=queue, **options
    )
    return await asyncio.wait_for(ended(handle), 20)


STARTS: list[tuple[list[Any], Any, dict[str, str]]] = [
    ([], None, {}),
    ([None], None, {}),
    ([{}], None, {}),
    ([{"data": {"name": "1001"}}], {"name": "1001"}, {}),
    ([{"data": [1, 2], "headers": {"x-shop": "a"}}], [1, 2], {"x-shop": "a"}),
    ([{"data": "text"}], "text", {}),
    ([Trigger(data=7)], 7, {}),
]


@pytest.mark.parametrize(("arguments", "data", "headers"), STARTS)
async def test_a_run_starts_with_what_any_client_can_send(
    dev_server: WorkflowEnvironment, served: str, arguments: list[Any], data: Any, headers: dict[str, str]
):
    record = await started_with(dev_server.client, served, arguments)
    assert record.result == {"data": data, "headers": headers}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([{"date": 1}], "field `date`: Extra inputs are not permitted"),
        ([{"data": 1, "headers": {"x": 1}}], "field `headers.x`: Input should be a valid string"),
        ([{"data": 1, "headers": None}], "field `headers`"),
        ([[1, 2]], "valid dictionary"),
        (["text"], "valid dictionary"),
        ([5], "valid dictionary"),
        ([b"bytes"], "valid dictionary"),
        ([{"data": 1}, {"x-from": "test"}], "started with 2 arguments"),
        ([{"carried": {"branches": [{"id": "zero"}]}}], "field `carried.branches.0.id`"),
    ],
)
async def test_a_run_that_is_started_wrongly_fails_at_once_and_says_how_to_start_it(
    dev_server: WorkflowEnvironment, served: str, arguments: list[Any], says: str
):
    record = await started_with(dev_server.client, served, arguments)
    [failure] = record.failures
    assert (failure.step, failure.type) == ("start", "payload-invalid")
    assert says in failure.message
    assert 'Start a run with one argument, {"data": ..., "headers": {...}}' in failure.message
    assert record.log[-1].message == "told", "the error hook hears of it like of any failure"
    assert record.steps_done == 0


async def test_a_typed_client_starts_a_run_by_the_class(dev_server: WorkflowEnvironment, served: str):
    workflow_id = f"Echo/{uuid.uuid4()}"
    result = await dev_server.client.execute_workflow(Echo.run, Trigger(data=1), id=workflow_id, task_queue=served)
    assert result["result"] == {"data": 1, "headers": {}}


@pytest.mark.parametrize(
    ("arguments", "data"), [([], None), (["--input", '{"data": {"name": "1001"}}'], {"name": "1001"})]
)
async def test_temporals_own_command_line_starts_a_run(
    dev_server: WorkflowEnvironment, served: str, arguments: list[str], data: object
):
    client = dev_server.client
    workflow_id = f"Echo/{uuid.uuid4()}"
    process = await asyncio.create_subprocess_exec(
        binary("temporal"), "workflow", "start", "--address", client.service_client.config.target_host,
        "--type", "Echo", "--task-queue", served, "--workflow-id", workflow_id, *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    record = await asyncio.wait_for(ended(client.get_workflow_handle(workflow_id)), 20)
    assert record.result == {"data": data, "headers": {}}


async def test_a_checkpoint_with_an_argument_does_no_harm(dev_server: WorkflowEnvironment, served: str):
    record = await started_with(
        dev_server.client, served, [{}], start_signal="checkpoint", start_signal_args=[1, {"a": 2}]
    )
    assert record.steps_done == 1
