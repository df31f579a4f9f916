"""Retrying a failed run from its failed steps."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from temporalio.client import Client, WorkflowExecutionDescription, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

from api.problems import RunNotRetryable
from api.reach import RPC_TIMEOUT, reaching_temporal
from api.reading import describe, failure_details, status_of
from api.starting import Started, fitting, found_by
from steps.branch import RetryState, Trigger, read_trigger
from steps.record import RunRecord
from steps.retrying import needs_data, retry_of
from telemetry.place import note_run

_NUMBERED = re.compile(r"(.+)~([1-9][0-9]*)")
_AGAIN = "Start a new run with its data instead."


async def retry_run(client: Client, run_id: str) -> Started:
    """Start a run from the failed steps of this one, unless that has been done; return when Temporal has stored it.

    The new run has the id of the old one with `~2` after it, its own retry `~3`, and so on.

    Raises:
        RunUnknown: there is no such run.
        RunNotRetryable: it has not failed, or not in a way that leaves steps to retry.
    """
    async with reaching_temporal():
        description = await describe(client, run_id)
        status = status_of(description)
        if status != "failed":
            raise RunNotRetryable(f"The run is {status.replace('_', ' ')}; only a failed one has steps to retry.")
        handle = client.get_workflow_handle(run_id, run_id=description.run_id)
        record, state = await _left(handle)
        data = await _data(client, description) if needs_data(state) else None
        trigger = fitting(retry_of(run_id, record, state, data=data, now=datetime.now(UTC)))
        following = _next_id(run_id)
        note_run(following)
        try:
            await client.start_workflow(
                description.workflow_type,
                trigger,
                id=following,
                task_queue=description.task_queue,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
                static_summary=f"{description.workflow_type}, the retry of {run_id}",
                memo={"trigger": "retry", "retry_of": run_id},
                rpc_timeout=RPC_TIMEOUT,
                **await found_by(client, description.workflow_type, "retry"),
            )
        except WorkflowAlreadyStartedError:
            return Started(following, duplicate=True)
    return Started(following, duplicate=False)


async def _left(handle: WorkflowHandle[Any, Any]) -> tuple[RunRecord, RetryState]:
    details = await failure_details(handle)
    if len(details) < 2:
        raise RunNotRetryable(f"The run left no steps that could be retried. {_AGAIN}")
    record, state = RunRecord.model_validate(details[0]), RetryState.model_validate(details[1])
    if not state.failed:
        raise RunNotRetryable(f"The run failed before any step ran. {_AGAIN}")
    return record, state


async def _data(client: Client, description: WorkflowExecutionDescription) -> Any:
    """Return what the run was started with: the first event of the first run of its chain has it."""
    first = description.raw_description.workflow_execution_info.first_run_id or description.run_id
    events = client.get_workflow_handle(description.id, run_id=first).fetch_history_events(
        page_size=1, rpc_timeout=RPC_TIMEOUT
    )
    async for event in events:
        payloads = event.workflow_execution_started_event_attributes.input.payloads
        trigger = read_trigger(tuple(await client.data_converter.decode(payloads, [Trigger] * len(payloads))))
        carried = trigger.carried
        starts = [branch for branch in carried.branches if branch.action == "start"] if carried else []
        return starts[0].payload if starts else trigger.data
    return None


def _next_id(run_id: str) -> str:
    numbered = _NUMBERED.fullmatch(run_id)
    return f"{numbered[1]}~{int(numbered[2]) + 1}" if numbered else f"{run_id}~2"
