"""Keeping the schedules in Temporal as the classes declare them."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import temporalio.client
from temporalio.client import (
    Client,
    ScheduleAlreadyRunningError,
    ScheduleDescription,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from schedules.conversion import RPC_TIMEOUT, to_temporal
from schedules.marks import MEMO, Mark, Said, declared_id, mark_of, said_of
from steps.schedule import Schedule
from steps.workflow import Workflow

log = logging.getLogger("schedules")
_NAME = "scheduled"


async def reconcile(
    client: Client, task_queue: str, workflows: Mapping[str, type[Workflow]], *, complete: bool
) -> None:
    """Make, change and delete the schedules of this task queue so that they are what the classes declare.

    Where not every file was loaded (`complete` is false), nothing is deleted: a class that is not seen may be there.
    What Temporal refuses of one schedule is logged, and does not keep the others.

    Raises:
        RPCError: Temporal does not answer; doing it again is safe.
    """
    declared = {name: cls.schedule for name, cls in workflows.items() if cls.schedule is not None}
    wanted: dict[str, str] = {}
    for name, schedule in sorted(declared.items()):
        schedule_id = declared_id(task_queue, name)
        if (other := wanted.setdefault(schedule_id, name)) != name:
            log.error("The schedule of %s is not made: its id %s is that of %s", name, schedule_id, other)
            continue
        try:
            await _keep(client, task_queue, name, schedule, schedule_id)
        except RPCError as error:
            if error.status is not RPCStatusCode.INVALID_ARGUMENT:
                raise
            log.error("Temporal refuses the schedule of %s: %s", name, error.message)
    if not complete or not workflows:
        log.info("No schedule is deleted: not every workflow file was loaded")
        return
    await _delete_others(client, task_queue, wanted)


async def _keep(client: Client, task_queue: str, name: str, schedule: Schedule, schedule_id: str) -> None:
    new = to_temporal(schedule, name, schedule_id, task_queue, _NAME)
    handle = client.get_schedule_handle(schedule_id)
    try:
        description = await handle.describe(rpc_timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        if await _create(client, schedule_id, new, Mark(made_by="class", task_queue=task_queue, workflow=name)):
            log.info("Made the schedule %s: %s", schedule_id, schedule.words)
            return
        description = await handle.describe(rpc_timeout=RPC_TIMEOUT)  # another worker was first
    mark = await mark_of(description)
    if mark is None or (mark.made_by, mark.workflow) != ("class", name):
        log.error("The schedule of %s is not made: %s is another's", name, schedule_id)
        return
    if not await _differs(client, description, schedule):
        return

    async def change(current: ScheduleUpdateInput) -> ScheduleUpdate | None:
        if not await _differs(client, current.description, schedule):
            return None  # another worker was first
        return ScheduleUpdate(await _changed(client, current.description.schedule, new, schedule))

    await handle.update(change, rpc_timeout=RPC_TIMEOUT)
    log.info("Changed the schedule %s: %s", schedule_id, schedule.words)


async def _create(client: Client, schedule_id: str, new: temporalio.client.Schedule, mark: Mark) -> bool:
    try:
        await client.create_schedule(schedule_id, new, memo={MEMO: mark}, rpc_timeout=RPC_TIMEOUT)
    except ScheduleAlreadyRunningError:
        return False
    return True


async def _differs(client: Client, description: ScheduleDescription, schedule: Schedule) -> bool:
    said = await said_of(client, description.schedule)
    return said is None or (said.digest, said.paused) != (schedule.digest, schedule.terms.paused)


async def _changed(
    client: Client, current: temporalio.client.Schedule, new: temporalio.client.Schedule, schedule: Schedule
) -> temporalio.client.Schedule:
    """Return the new schedule with what people did by hand: `paused` gives way only to a changed `paused`."""
    said = await said_of(client, current) or Said(digest="", words="")
    if said.paused == schedule.terms.paused:
        new.state.paused = current.state.paused
    if said.digest == schedule.digest:  # then only `paused` was changed
        new.state.remaining_actions = current.state.remaining_actions
        new.state.limited_actions = current.state.limited_actions
    new.state.note = current.state.note
    return new


async def _delete_others(client: Client, task_queue: str, wanted: Mapping[str, str]) -> None:
    async for entry in await client.list_schedules(rpc_timeout=RPC_TIMEOUT):
        mark = await mark_of(entry)
        if mark is None or (mark.made_by, mark.task_queue) != ("class", task_queue) or entry.id in wanted:
            continue
        try:
            await client.get_schedule_handle(entry.id).delete(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # the list lags behind; or another worker was first
                raise
            continue
        log.info("Deleted the schedule %s: %s no longer declares it", entry.id, mark.workflow)
