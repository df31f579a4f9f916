"""The rotation of the master key, run and watched by a process that has the rotator's rights."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ActivityError, ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from activities.rotation import RotationActivities
from steps.key_rotation import MASTER, MEMO, KeyRotation, Order, Progress, id_of, queue_of
from vault.errors import KeyRefused
from vault.key_errors import RotationFailed
from vault.rotation import Rotation

_LOOK_EVERY = 1.0
_STICKY = timedelta(seconds=3)
_RPC_TIMEOUT = timedelta(seconds=5)
Handle = WorkflowHandle[KeyRotation, Progress]


@asynccontextmanager
async def rotator(client: Client, rotation: Rotation, ring: str = MASTER) -> AsyncGenerator[None]:
    """Run a worker for the rotation of a key, on the task queue that nobody else polls."""
    async with Worker(
        client,
        task_queue=queue_of(ring),
        workflows=[KeyRotation],
        activities=RotationActivities(rotation).all(),
        sticky_queue_schedule_to_start_timeout=_STICKY,
        graceful_shutdown_timeout=timedelta(seconds=5),
    ):
        yield


async def begin(client: Client, order: Order, ring: str = MASTER) -> bool:
    """Start the rotation; return False where one is under way, which then goes on."""
    try:
        await client.start_workflow(
            KeyRotation.run,
            order,
            id=id_of(ring),
            task_queue=queue_of(ring),
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            static_summary="Rotate the vault's master key",
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


async def follow(client: Client, say: Callable[[Progress], None], ring: str = MASTER) -> Progress:
    """Tell of the rotation's progress until it has ended, and return how it did.

    Raises:
        RotationFailed: it could not go on; the text says why.
    """
    handle = _handle(client, ring)
    ended = asyncio.create_task(handle.result())
    told = None
    try:
        while not ended.done():
            progress = await _progress(handle)
            if progress is not None and progress != told:
                say(progress)
                told = progress
            await asyncio.wait([ended], timeout=_LOOK_EVERY)
        return await ended
    except WorkflowFailureError as error:
        raise _why(error) from None
    finally:
        ended.cancel()
        await asyncio.wait([ended])


async def under_way(client: Client, ring: str = MASTER) -> Progress | None:
    """Return how far the rotation is that is under way, if one is."""
    try:
        return await _progress(_handle(client, ring), running=True)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None


def _handle(client: Client, ring: str) -> Handle:
    return client.get_workflow_handle_for(KeyRotation.run, id_of(ring))


async def _progress(handle: Handle, *, running: bool = False) -> Progress | None:
    description = await handle.describe(rpc_timeout=_RPC_TIMEOUT)
    if running and description.status is not WorkflowExecutionStatus.RUNNING:
        return None
    return await description.memo_value(MEMO, Progress(), type_hint=Progress)


def _why(error: WorkflowFailureError) -> KeyRefused:
    cause = error.cause
    if isinstance(cause, ActivityError) and isinstance(cause.cause, ApplicationError):
        return RotationFailed(f"{cause.cause.message} ({cause.cause.type})")
    return RotationFailed(f"The rotation was ended from outside ({type(cause).__name__}). Run it again.")
