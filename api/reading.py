"""Reading runs: what Temporal knows of them, and what a run itself tells; one as a whole is in `api/one_run.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError
from temporalio.client import (
    Client,
    WorkflowExecution,
    WorkflowExecutionDescription,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.cursors import Cursors
from api.problems import RunEnded, RunUnknown
from api.reach import QUERY_TIMEOUT, RPC_TIMEOUT, reaching_temporal
from api.run_filters import RunFilters, quoted
from api.views import RunList, RunStatus, RunSummary
from settings import Settings
from steps.attributes import TRIGGER
from steps.connection_tasks import NAMES as CONNECTION_TASKS
from steps.dedupe import NAME as DEDUPE
from steps.notion.upserts import NAME as UPSERT
from steps.record import RunRecord
from steps.workflow import Workflow
from temporal import attributes_known
from vault.signing import Signer

NO_WORKER = "No worker answers, so the run's log cannot be read now. Start one with `python worker.py`."
_UNKNOWN = "Check the id. Temporal forgets an ended run when its retention is over."
_OWN = (DEDUPE, UPSERT, *CONNECTION_TASKS)  # workflows of the engine, which are nobody's runs
EVERY = RunFilters()
_STATUS: dict[WorkflowExecutionStatus, RunStatus] = {
    WorkflowExecutionStatus.RUNNING: "running",
    WorkflowExecutionStatus.COMPLETED: "completed",
    WorkflowExecutionStatus.FAILED: "failed",
    WorkflowExecutionStatus.CANCELED: "cancelled",
    WorkflowExecutionStatus.TERMINATED: "terminated",
    WorkflowExecutionStatus.TIMED_OUT: "timed_out",
}


async def list_runs(
    client: Client,
    settings: Settings,
    signer: Signer,
    filters: RunFilters = EVERY,
    *,
    workflows: Mapping[str, type[Workflow]] | None = None,
    limit: int = 20,
    cursor: str | None = None,
) -> RunList:
    """Return a page of runs: those that run, the newest first, then those that have ended, the last ended first.

    Temporal keeps them in this order; it sorts by nothing else when its lists are in SQL.

    Raises:
        CursorInvalid: no list with these filters gave out this cursor.
    """
    query = every_run(settings.task_queue)
    indexed = not filters.connection or await attributes_known(client)
    query += filters.clauses(workflows or {}, indexed=indexed)
    # Signed with the filters, for the query of "the last hour" is another one every second.
    cursors = Cursors(signer, filters.address(settings.task_queue))
    token = cursors.read(cursor) if cursor is not None else None
    page = client.list_workflows(" AND ".join(query), page_size=limit, next_page_token=token, rpc_timeout=RPC_TIMEOUT)
    async with reaching_temporal():
        await page.fetch_next_page()
    runs = [summary_of(client, settings, execution) for execution in page.current_page or ()]
    return RunList(runs=runs, next_cursor=cursors.write(page.next_page_token) if page.next_page_token else None)


def every_run(task_queue: str) -> list[str]:
    """Return the conditions that every list of runs begins with."""
    # A run that rolled over stays one run here: only the newest of its chain is listed.
    query = [f"TaskQueue = {quoted(task_queue)}", "ExecutionStatus != 'ContinuedAsNew'"]
    return query + [f"WorkflowType != {quoted(name)}" for name in _OWN]


async def read_record(client: Client, run_id: str) -> RunRecord | None:
    """Return a run's record, if anything can tell it.

    Raises:
        RunUnknown: there is no such run.
    """
    async with reaching_temporal():
        description = await describe(client, run_id)
        handle = client.get_workflow_handle(run_id, run_id=description.run_id, result_type=RunRecord)
        return (await record_and_note(handle, description.status))[0]


async def cancel_run(client: Client, run_id: str) -> None:
    """Ask a run to stop; its `on_workflow_error` still runs.

    Raises:
        RunUnknown: there is no such run.
        RunEnded: it has ended already.
    """
    async with reaching_temporal():
        description = await describe(client, run_id)
        status = status_of(description)
        if status == "running":
            try:
                # Without its inner id: a run that has rolled over meanwhile is still the one that is meant.
                await client.get_workflow_handle(run_id).cancel(rpc_timeout=RPC_TIMEOUT)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                raise RunEnded("The run ended just now.", run_status="ended") from error
            return
    raise RunEnded(f"The run is {status.replace('_', ' ')}; nothing is left to cancel.", run_status=status)


def ui_url(settings: Settings, namespace: str, run_id: str) -> str:
    """Return the address of the run in the Temporal UI."""
    return f"{settings.temporal_ui_url}/namespaces/{quote(namespace, safe='')}/workflows/{quote(run_id, safe='')}"


async def describe(client: Client, run_id: str) -> WorkflowExecutionDescription:
    """Return what Temporal knows of a run, and of its chain the newest.

    Raises:
        RunUnknown: there is no such run.
    """
    try:
        description = await client.get_workflow_handle(run_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT) or "amespace" in error.message:
            raise
        raise RunUnknown(_UNKNOWN) from error
    if description.workflow_type in _OWN:
        raise RunUnknown(_UNKNOWN)
    return description


async def record_and_note(
    handle: WorkflowHandle[object, RunRecord], status: WorkflowExecutionStatus | None
) -> tuple[RunRecord | None, str | None]:
    """Return the run's record: from its result, from its failure, or by asking a worker."""
    try:
        if status is WorkflowExecutionStatus.COMPLETED:
            return await handle.result(follow_runs=False, rpc_timeout=RPC_TIMEOUT), None
        if status is WorkflowExecutionStatus.FAILED and (record := await _from_failure(handle)):
            return record, None
        return await _asked(handle)
    except (ValidationError, ValueError):
        return None, "This run's result is not one of Durable Steps; look at it in the Temporal UI."


async def _from_failure(handle: WorkflowHandle[Any, Any]) -> RunRecord | None:
    details = await failure_details(handle)
    return RunRecord.model_validate(details[0]) if details else None


async def failure_details(handle: WorkflowHandle[Any, Any]) -> Sequence[Any]:
    """Return what a failed run's failure carries: its record, and what a retry needs."""
    try:
        await handle.result(follow_runs=False, rpc_timeout=RPC_TIMEOUT)
    except WorkflowFailureError as error:
        if isinstance(error.cause, ApplicationError):
            return error.cause.details
    return ()


async def _asked(handle: WorkflowHandle[object, RunRecord]) -> tuple[RunRecord | None, str | None]:
    try:
        return await handle.query("record", result_type=RunRecord, rpc_timeout=QUERY_TIMEOUT), None
    except WorkflowQueryFailedError as error:
        return None, f"The worker cannot tell the run's log: {error}"
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None, "The run's history is no longer kept."
        return None, NO_WORKER


def summary_of(client: Client, settings: Settings, execution: WorkflowExecution) -> RunSummary:
    """Return a run as a list shows it."""
    return RunSummary(
        id=execution.id,
        workflow=execution.workflow_type,
        status=status_of(execution),
        started_at=execution.start_time,
        ended_at=execution.close_time,
        trigger=execution.typed_search_attributes.get(TRIGGER),
        ui_url=ui_url(settings, client.namespace, execution.id),
    )


def status_of(execution: WorkflowExecution) -> RunStatus:
    """Return a run's state."""
    # A status that is newer than this code (a paused run) has not ended either.
    return _STATUS.get(execution.status or WorkflowExecutionStatus.RUNNING, "running")
