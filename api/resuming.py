"""Sending events to the runs that wait for them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, NoReturn

from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from api.problems import RunEnded, WaitExpired, WaitUnknown, WaitWithdrawn, WorkerUnavailable
from api.reach import RPC_TIMEOUT, reaching_temporal
from steps.errors import PayloadInvalid, PayloadTooLarge
from steps.resume_token import ResumeToken
from steps.wait import Resumed, ResumeRequest, WaitView
from telemetry.place import note_run

_WORKER_SECONDS = 5.0
_TRIES = 4
_NO_ANSWER = (RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED, RPCStatusCode.FAILED_PRECONDITION)


class RunOver(RunEnded):
    """Say that nothing is left to resume; at a link this is not a conflict, but an end."""

    status: ClassVar[int] = 410


@dataclass(frozen=True)
class Outcome:
    """What became of an event; `already` when an earlier one had been taken, which is the one that is told of."""

    step: str
    at: datetime
    redirect_url: str | None
    already: bool


async def look_at(client: Client, link: ResumeToken) -> tuple[str, WaitView]:
    """Return the workflow that waits, and the wait; nothing is changed.

    Raises:
        RunOver: the run has ended.
        WorkerUnavailable: no worker can tell.
    """
    async with reaching_temporal():
        try:
            description = await client.get_workflow_handle(link.run_id).describe(rpc_timeout=RPC_TIMEOUT)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            raise RunOver("The run has ended, and is no longer kept.") from error
        view = await _asked(client.get_workflow_handle(link.run_id), link)
    if description.status is not WorkflowExecutionStatus.RUNNING and view.state == "open":
        raise RunOver("The run has ended; there is nothing left to resume.")
    return description.workflow_type, view


async def resume_wait(client: Client, link: ResumeToken, event: Any) -> Outcome:
    """Send the event; the first one is taken, however many come.

    Raises:
        WaitUnknown, WaitExpired, WaitWithdrawn, RunOver: nothing waits for it any more.
        PayloadTooLarge: payload and event together are over the limit.
        WorkerUnavailable: no worker took it in time; sending it again is safe.
    """
    note_run(link.run_id, started=False)
    handle = client.get_workflow_handle(link.run_id)
    request = ResumeRequest(wait_id=link.wait_id, event=event, click=secrets.token_hex(8))
    for _ in range(_TRIES):
        async with reaching_temporal():
            try:
                async with _worker_answers():
                    resumed: Resumed = await handle.execute_update(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
                        "resume", request, id=link.wait_id, result_type=Resumed, rpc_timeout=RPC_TIMEOUT
                    )
            except WorkflowUpdateFailedError as error:
                return _refused(error)
            except RPCError as error:
                if error.status is not RPCStatusCode.NOT_FOUND:
                    raise
                # It has ended, or has rolled over just now: then the new one gets the event.
                if (view := (await look_at(client, link))[1]).state != "open":
                    return outcome_of(view)
                continue
        return Outcome(resumed.step, resumed.at, resumed.redirect_url, already=resumed.click != request.click)
    raise _unavailable()


def outcome_of(view: WaitView) -> Outcome:
    """Return how a wait that is over was resumed.

    Raises:
        WaitUnknown, WaitExpired, WaitWithdrawn: it was not.
    """
    if view.state == "used" and view.at:
        return Outcome(view.step, view.at, view.redirect_url, already=True)
    if view.state == "expired":
        raise WaitExpired("Nobody answered in time, and the run went on without it.")
    if view.state == "withdrawn":
        raise WaitWithdrawn("The workflow went on without it; there is nothing to do.")
    raise unknown()


def unknown() -> WaitUnknown:
    """Return the one answer for every address that is not a wait's."""
    return WaitUnknown("Check the address: it must be the whole link, as it was sent.")


def _refused(error: WorkflowUpdateFailedError) -> Outcome:
    cause = error.cause
    if not isinstance(cause, ApplicationError):
        raise error
    match cause.type:
        case "wait-used" | "wait-expired" | "wait-withdrawn" | "wait-unknown":
            return outcome_of(WaitView.model_validate(cause.details[0]))
        case "run-ended":
            raise RunOver("The run has ended; there is nothing left to resume.") from error
        case PayloadTooLarge.type:
            raise PayloadTooLarge(cause.message) from error
        case PayloadInvalid.type:
            raise PayloadInvalid(cause.message) from error
        case _:
            raise error


async def _asked(handle: WorkflowHandle[Any, Any], link: ResumeToken) -> WaitView:
    try:
        async with _worker_answers():
            return await handle.query("wait", link.wait_id, result_type=WaitView, rpc_timeout=RPC_TIMEOUT)
    except WorkflowQueryFailedError as error:  # a run of a build that knew no waits
        raise unknown() from error


@asynccontextmanager
async def _worker_answers() -> AsyncGenerator[None]:
    try:
        async with asyncio.timeout(_WORKER_SECONDS):
            yield
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as error:
        _raise_unavailable(error)
    except RPCError as error:
        if error.status not in _NO_ANSWER:
            raise
        _raise_unavailable(error)


def _raise_unavailable(error: Exception) -> NoReturn:
    raise _unavailable() from error


def _unavailable() -> WorkerUnavailable:
    return WorkerUnavailable(
        "Nothing was lost: the run still waits. Send it again in a moment; it is taken once, however often it comes.",
        headers={"Retry-After": "5"},
    )
