"""Reading one run as a whole: what Temporal knows of it, and its record."""

from __future__ import annotations

from typing import NamedTuple

from temporalio.client import Client, WorkflowExecutionDescription

from api.reach import reaching_temporal
from api.reading import describe, record_and_note, summary_of
from api.views import RunView, WaitingView
from settings import Settings
from steps.record import ActiveStep, RunRecord
from steps.resume_token import PURPOSE, make_token
from vault.signing import Signer


class Whole(NamedTuple):
    """A run, with what it was read from."""

    view: RunView
    record: RunRecord | None
    description: WorkflowExecutionDescription


async def read_run(client: Client, settings: Settings, signer: Signer | None, run_id: str) -> RunView:
    """Return a run with its record; without a signer, without the addresses of its waits.

    Raises:
        RunUnknown: there is no such run, or its time of retention is over.
    """
    return (await read_whole(client, settings, signer, run_id)).view


async def read_whole(client: Client, settings: Settings, signer: Signer | None, run_id: str) -> Whole:
    """Return a run, and what it was read from; without a signer, without the addresses of its waits.

    Raises:
        RunUnknown: there is no such run, or its time of retention is over.
    """
    async with reaching_temporal():
        description = await describe(client, run_id)
        handle = client.get_workflow_handle(run_id, run_id=description.run_id, result_type=RunRecord)
        record, note = await record_and_note(handle, description.status)
        memo = await description.memo()
    summary = summary_of(client, settings, description).model_dump()
    summary["trigger"] = memo.get("trigger")
    view = RunView(**summary, note=note, retry_of=memo.get("retry_of"))
    if record is None:
        return Whole(view, None, description)
    told = view.model_copy(
        update={
            "started_at": record.started_at or view.started_at,
            "current_steps": record.running,
            "waiting": [_waiting(settings, signer, run_id, step) for step in record.waiting],
            "waiting_count": record.waiting_count,
            "lost_connections": record.lost_connections,
            "steps_done": record.steps_done,
            "attempts": record.steps_before + len(record.steps),
            "result": record.result,
            "store": record.store,
            "failures": record.failures,
            "failure_count": record.failure_count,
            "log": record.log,
            "log_dropped": record.log_dropped,
        }
    )
    return Whole(told, record, description)


def _waiting(settings: Settings, signer: Signer | None, run_id: str, step: ActiveStep) -> WaitingView:
    view = WaitingView(**step.model_dump())
    if signer is None or step.wait_id is None:
        return view
    token = make_token(run_id, step.wait_id, lambda text: signer.sign(PURPOSE, text))
    return view.model_copy(update={"resume_url": f"{settings.public_url}/resume/{token}"})
