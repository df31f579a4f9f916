"""A run and a schedule that put a text wherever Temporal's server can keep one."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleSpec,
    ScheduleState,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.worker import Worker

from tests.codec.surfaces import Inner, Surfaces, fails, hangs, said, surface
from tests.conftest import eventually

STEP = SearchAttributeKey.for_keyword("Step")


async def surfaced(client: Client) -> WorkflowHandle[Any, Any]:
    """Run through every surface; return the run, which has failed."""
    queue = f"surfaces-{uuid.uuid4()}"
    async with Worker(client, task_queue=queue, workflows=[Surfaces, Inner], activities=[surface, fails, hangs]):
        handle = await client.start_workflow(
            Surfaces.run,
            {"text": said("a first input")},
            id=f"readable-id/{uuid.uuid4()}",
            task_queue=queue,
            memo={"first": said("a memo")},
            static_summary=said("a static summary"),
            static_details=said("static details"),
            search_attributes=TypedSearchAttributes([SearchAttributePair(STEP, "readable-attribute")]),
        )
        assert await handle.execute_update("change", said("an update")) == said("an update's result")  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        with pytest.raises(WorkflowUpdateFailedError):
            await handle.execute_update("change", said("an update") + " fail")  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        await eventually(lambda: rolled(client, handle))
        last = client.get_workflow_handle(handle.id)
        assert await last.query("look") == said("a query")
        await last.signal(Surfaces.note, said("a signal"))
        with pytest.raises(WorkflowFailureError) as caught:
            await handle.result()
        assert said("a run") in str(caught.value.cause)
        first = client.get_workflow_handle(handle.id, run_id=handle.first_execution_run_id)
        assert await (await first.describe()).static_summary() == said("a static summary")
    return handle


async def rolled(client: Client, handle: WorkflowHandle[Any, Any]) -> bool:
    return (await client.get_workflow_handle(handle.id).describe()).run_id != handle.first_execution_run_id


async def scheduled(client: Client) -> None:
    action = ScheduleActionStartWorkflow(
        "Nobody", said("a schedule's input"), id="readable-scheduled", task_queue="nobody",
        memo={"inner": said("a schedule's inner memo")}, static_summary=said("a schedule's summary"),
    )  # fmt: skip
    schedule = Schedule(action=action, spec=ScheduleSpec(), state=ScheduleState(note="readable-note", paused=True))
    handle = await client.create_schedule(f"s-{uuid.uuid4()}", schedule, memo={"outer": said("a schedule's memo")})
    await handle.trigger()
    description = await handle.describe()
    assert (await description.memo())["outer"] == said("a schedule's memo")
