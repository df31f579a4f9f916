"""Schedules: listing, making, pausing, resuming, running now, deleting."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager

from temporalio.client import Client, ScheduleAlreadyRunningError, ScheduleDescription, ScheduleHandle
from temporalio.service import RPCError, RPCStatusCode

from api.problems import RequestInvalid, ScheduleConflict, ScheduleDeclared, ScheduleUnknown
from api.reach import RPC_TIMEOUT, reaching_temporal
from api.schedule_views import ScheduleBody, ScheduleView, schedule_view
from api.starting import find_workflow
from schedules.conversion import OVERLAP, to_temporal
from schedules.marks import MEMO, Mark, declared_id, made_id, mark_of
from steps.payload import check
from steps.schedule_terms import FILLED
from steps.workflow import Workflow
from temporal import attributes_known

MAX_LISTED = 500
_AT_ONCE = 10


async def list_schedules(
    client: Client,
    task_queue: str,
    workflows: Mapping[str, type[Workflow]],
    *,
    workflow: str | None = None,
    also: Collection[str] = (),
) -> list[ScheduleView]:
    """Return the schedules of the task queue by id, 500 at most.

    Temporal's list lags behind by moments, so what the classes declare, and `also` these ids, are looked up beside it.
    """
    ids = {
        declared_id(task_queue, name)
        for name, cls in workflows.items()
        if cls.schedule is not None and workflow in (None, name)
    } | {*also}
    async with reaching_temporal():
        async for entry in await client.list_schedules(rpc_timeout=RPC_TIMEOUT):
            mark = await mark_of(entry)
            if mark and mark.task_queue == task_queue and workflow in (None, mark.workflow):
                ids.add(entry.id)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def look(schedule_id: str) -> ScheduleView | None:
            async with slots:
                found = await _find(client, task_queue, schedule_id)
                return await schedule_view(client, *found) if found else None

        views = await asyncio.gather(*(look(schedule_id) for schedule_id in sorted(ids)[:MAX_LISTED]))
    return [view for view in views if view and workflow in (None, view.workflow)]


async def read_schedule(client: Client, task_queue: str, schedule_id: str) -> ScheduleView:
    """Return a schedule.

    Raises:
        ScheduleUnknown: the task queue has none of this id.
    """
    async with _reaching(schedule_id):
        return await schedule_view(client, *await _known(client, task_queue, schedule_id))


async def create_schedule(
    client: Client, task_queue: str, workflows: Mapping[str, type[Workflow]], body: ScheduleBody
) -> ScheduleView:
    """Make a schedule beside those that the classes declare.

    Raises:
        RequestInvalid: with the field that is wrong.
        WorkflowUnknown, PayloadInvalid: there is no such workflow, or its `start` does not take the data.
        ScheduleConflict: the workflow has a schedule of this name.
    """
    cls, schedule = find_workflow(workflows, body.workflow), body.schedule()
    told = dict(zip(FILLED, (1, "2026-01-01T03:00:00+00:00", "2026-01-02T03:00:00+00:00"), strict=True))
    check(cls, "start", schedule.terms.data | told)
    name = body.name or secrets.token_hex(4)
    schedule_id = made_id(task_queue, body.workflow, name)
    new = to_temporal(schedule, body.workflow, schedule_id, task_queue, name, indexed=await attributes_known(client))
    mark = Mark(made_by="api", task_queue=task_queue, workflow=body.workflow)
    async with _reaching(schedule_id):
        try:
            await client.create_schedule(schedule_id, new, memo={MEMO: mark}, rpc_timeout=RPC_TIMEOUT)
        except ScheduleAlreadyRunningError:
            raise ScheduleConflict(
                f"{schedule_id} is there already. Choose another name, or delete it first."
            ) from None
        except RPCError as error:
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise
            field = "cron" if body.cron else "every"
            raise RequestInvalid(
                f"Temporal refuses the schedule: {error.message}", errors=[{"field": field, "message": error.message}]
            ) from None
    return await read_schedule(client, task_queue, schedule_id)


async def delete_schedule(client: Client, task_queue: str, schedule_id: str) -> None:
    """Delete a schedule that the API made; its runs go on.

    Raises:
        ScheduleUnknown: the task queue has none of this id.
        ScheduleDeclared: a class declares it.
    """
    async with _reaching(schedule_id):
        _, mark = await _known(client, task_queue, schedule_id)
        if mark.made_by == "class":
            raise ScheduleDeclared(
                f"Take `schedule` out of the class {mark.workflow}; a worker that starts then deletes it. "
                "Until then it can be paused."
            )
        await _handle(client, schedule_id).delete(rpc_timeout=RPC_TIMEOUT)


async def pause_schedule(client: Client, task_queue: str, schedule_id: str) -> ScheduleView:
    """Let a schedule start nothing until it is resumed."""
    async with _reaching(schedule_id):
        await _known(client, task_queue, schedule_id)
        await _handle(client, schedule_id).pause(note="Paused by an operator", rpc_timeout=RPC_TIMEOUT)
    return await read_schedule(client, task_queue, schedule_id)


async def resume_schedule(client: Client, task_queue: str, schedule_id: str) -> ScheduleView:
    """Let a schedule start runs again; what it missed meanwhile is not made up for."""
    async with _reaching(schedule_id):
        await _known(client, task_queue, schedule_id)
        await _handle(client, schedule_id).unpause(note="Resumed by an operator", rpc_timeout=RPC_TIMEOUT)
    return await read_schedule(client, task_queue, schedule_id)


async def run_schedule(client: Client, task_queue: str, schedule_id: str) -> None:
    """Start a run now, beside the planned ones, also of a paused schedule.

    Raises:
        ScheduleConflict: one still goes on, and the schedule's `overlap` is `skip`.
    """
    async with _reaching(schedule_id):
        description, _ = await _known(client, task_queue, schedule_id)
        running = description.info.running_actions
        if running and description.schedule.policy.overlap is OVERLAP["skip"]:
            name = getattr(running[0], "workflow_id", "")
            raise ScheduleConflict(f"{name} must end first, for the schedule's overlap is `skip`.", run=name)
        await _handle(client, schedule_id).trigger(rpc_timeout=RPC_TIMEOUT)


@asynccontextmanager
async def _reaching(schedule_id: str) -> AsyncGenerator[None]:
    try:
        async with reaching_temporal():
            yield
    except RPCError as error:
        if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT):
            raise
        raise _unknown(schedule_id) from error


async def _known(client: Client, task_queue: str, schedule_id: str) -> tuple[ScheduleDescription, Mark]:
    found = await _find(client, task_queue, schedule_id)
    if found is None:
        raise _unknown(schedule_id)
    return found


async def _find(client: Client, task_queue: str, schedule_id: str) -> tuple[ScheduleDescription, Mark] | None:
    try:
        description = await _handle(client, schedule_id).describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND and "amespace" not in error.message:
            return None
        raise
    mark = await mark_of(description)
    return (description, mark) if mark and mark.task_queue == task_queue else None


def _handle(client: Client, schedule_id: str) -> ScheduleHandle:
    return client.get_schedule_handle(schedule_id)


def _unknown(schedule_id: str) -> ScheduleUnknown:
    return ScheduleUnknown(f"There is no schedule {schedule_id[:200]!r}. `GET /api/v1/schedules` lists them.")
