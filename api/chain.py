"""Every step of a run, also of one that has rolled over often: each Temporal run of its chain hands its own on."""

from __future__ import annotations

from datetime import timedelta

from temporalio.api.history.v1 import WorkflowExecutionContinuedAsNewEventAttributes
from temporalio.client import Client, WorkflowHistoryEventFilterType
from temporalio.service import RPCError, RPCStatusCode

from api.cursors import Cursors
from api.problems import RunUnknown
from api.reach import RPC_TIMEOUT, reaching_temporal
from api.reading import describe, record_and_note
from api.views import StepList, StepView
from steps.branch import Trigger
from steps.record import LogLine, RunRecord, StepRow
from vault.signing import Signer


async def list_steps(client: Client, signer: Signer, run_id: str, cursor: str | None = None) -> StepList:
    """Return the attempts that ended in one Temporal run of the chain, beginning with the first, with their log lines.

    Raises:
        RunUnknown: there is no such run, or the history of a part of it is no longer kept.
        CursorInvalid: no list of this run's steps gave out this cursor.
    """
    cursors = Cursors(signer, f"steps of {run_id}")
    asked = cursors.read(cursor).decode() if cursor is not None else None
    async with reaching_temporal():
        description = await describe(client, run_id)
        first = description.raw_description.workflow_execution_info.first_run_id
        part = asked or first or description.run_id
        if part != description.run_id:
            handed = await _handed_on(client, run_id, part)
            if handed is not None:
                record, following = await _as_record(client, handed), handed.new_execution_run_id
                return StepList(steps=views(record), next_cursor=cursors.write(following.encode()))
        handle = client.get_workflow_handle(run_id, run_id=description.run_id, result_type=RunRecord)
        record, note = await record_and_note(handle, description.status)
    return StepList(steps=views(record) if record else [], next_cursor=None, note=note)


def views(record: RunRecord) -> list[StepView]:
    """Return a record's rows for people: with times, and the lines that each attempt logged."""
    lines: dict[int | None, list[LogLine]] = {}
    for line in record.log:
        lines.setdefault(line.branch, []).append(line)
    return [_view(record, row, lines.get(row.branch, [])) for row in record.steps]


def _view(record: RunRecord, row: StepRow, lines: list[LogLine]) -> StepView:
    zero = record.started_at
    began, ended = (zero and zero + timedelta(seconds=seconds) for seconds in (row.began, row.ended))
    # A row's times are rounded to milliseconds.
    rounding = timedelta(milliseconds=1)
    own = [line for line in lines if began and ended and began - rounding <= line.at <= ended + rounding]
    return StepView(
        step=row.step, branch=row.branch, attempt=row.attempt, began=began, ended=ended, outcome=row.outcome,
        error=row.error, log=own,
    )  # fmt: skip


async def _handed_on(client: Client, run_id: str, part: str) -> WorkflowExecutionContinuedAsNewEventAttributes | None:
    """Return what a Temporal run of the chain ended with; None when it is the last one after all."""
    handle = client.get_workflow_handle(run_id, run_id=part)
    events = handle.fetch_history_events(
        event_filter_type=WorkflowHistoryEventFilterType.CLOSE_EVENT, rpc_timeout=RPC_TIMEOUT
    )
    try:
        async for event in events:
            if event.HasField("workflow_execution_continued_as_new_event_attributes"):
                return event.workflow_execution_continued_as_new_event_attributes
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise RunUnknown("The history of this part of the run is no longer kept.") from error
    return None


async def _as_record(client: Client, handed: WorkflowExecutionContinuedAsNewEventAttributes) -> RunRecord:
    (trigger,) = await client.data_converter.decode(handed.input.payloads, [Trigger])
    carried = trigger.carried
    return RunRecord(steps=carried.steps, log=carried.log, started_at=carried.started_at)
