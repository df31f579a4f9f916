"""Starting a run once more, with what an earlier one was started with."""

from __future__ import annotations

from temporalio.client import Client, WorkflowExecutionDescription
from temporalio.service import RPCError, RPCStatusCode

from api.problems import RunUnknown
from api.reach import RPC_TIMEOUT, reaching_temporal
from api.reading import describe
from api.services import Services
from api.starting import Started, find_workflow, start_run
from steps.branch import Trigger, read_trigger

_MOST_RETRIES = 50
_FORGOTTEN = "Temporal no longer keeps what this run was started with. Start a run with the data by hand."


async def run_again(services: Services, run_id: str, *, key: str | None) -> Started:
    """Start a run of the same workflow with the same data and headers; the same key starts one run.

    A retry has no data of its own: that of the run whose steps it retries is taken.

    Raises:
        RunUnknown: there is no such run, or its first event is no longer kept.
        WorkflowUnknown: its workflow is not there any more.
        PayloadInvalid: the data is not what the workflow's `start` declares now.
    """
    client = await services.temporal()
    async with reaching_temporal():
        description = await _origin(client, run_id)
        earlier = await _started_with(client, description)
    name = description.workflow_type
    cls = find_workflow(services.workflows.workflows, name)
    trigger = Trigger(data=earlier.data, headers=earlier.headers, given=await services.given(name))
    return await start_run(client, services.settings.task_queue, name, cls, trigger, key=key, origin="api")


async def _origin(client: Client, run_id: str) -> WorkflowExecutionDescription:
    """Return the run, or the one at the beginning of its retries."""
    description = await describe(client, run_id)
    for _ in range(_MOST_RETRIES):
        earlier = (await description.memo()).get("retry_of")
        if not isinstance(earlier, str):
            return description
        try:
            description = await describe(client, earlier)
        except RunUnknown as error:
            raise RunUnknown(_FORGOTTEN) from error
    raise RunUnknown(_FORGOTTEN)


async def _started_with(client: Client, description: WorkflowExecutionDescription) -> Trigger:
    first = description.raw_description.workflow_execution_info.first_run_id or description.run_id
    handle = client.get_workflow_handle(description.id, run_id=first)
    try:
        async for event in handle.fetch_history_events(page_size=1, rpc_timeout=RPC_TIMEOUT):
            payloads = event.workflow_execution_started_event_attributes.input.payloads
            return read_trigger(tuple(await client.data_converter.decode(payloads, [Trigger] * len(payloads))))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    raise RunUnknown(_FORGOTTEN)
