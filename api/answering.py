"""Starting runs whose `start` answers the caller."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from starlette.responses import Response
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from api.problems import RunUnknown, StartFailed, TemporalUnavailable
from api.reach import RPC_TIMEOUT, reaching_temporal
from api.reading import read_record
from api.starting import Start, Started, store_start
from steps.answer import Answer, Answered
from steps.delay import parse_delay
from steps.workflow import Workflow

_UPDATE = "answer"  # also its id: however many ask, the run has one update to keep
_AGAIN_SECONDS = 0.05
# It is served under our own address: no browser may run it there, or take it for something else.
_GUARDS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'"}


async def start_and_answer(client: Client, start: Start, cls: type[Workflow]) -> Answer | Started:
    """Start the run, unless its id has started one already, and return what its `start` answers.

    When the workflow's time is over, or there will be no answer, the run is returned, which goes on.

    Raises:
        TemporalUnavailable: the start may or may not have been stored; sending it again is safe.
    """
    deadline = asyncio.get_running_loop().time() + parse_delay(cls.respond_within).total_seconds()
    try:
        async with asyncio.timeout_at(deadline):
            return await _started(client, start)
    except (_Uncertain, TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError):
        started = await _settled(client, start)
    try:
        async with asyncio.timeout_at(deadline):
            return await _asked(client, start.run_id) or started
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError, TemporalUnavailable, RunUnknown):
        return started


def answer_response(run_id: str, answer: Answer) -> Response:
    """Return the answer as it goes over the network.

    Raises:
        StartFailed: there is none, since `start` failed.
    """
    if answer.failed:
        raise StartFailed(f"The run {run_id} failed before it could answer. Its operator can see why.", id=run_id)
    if answer.text is None:
        body = json.dumps(answer.value, ensure_ascii=False, separators=(",", ":"))
        return Response(body, answer.status, _GUARDS, "application/json")
    kind = answer.headers.get("content-type", "text/plain")
    if kind.lower().startswith("text/") and "charset" not in kind.lower():
        kind += "; charset=utf-8"
    response = Response(answer.text, answer.status, answer.headers | _GUARDS)
    response.headers["Content-Type"] = kind
    return response


class _Uncertain(Exception):  # it is no error: nothing has gone wrong yet
    """Say that the run may have been started by this call, by another one, or not at all."""


async def _started(client: Client, start: Start) -> Answer:
    """Start the run and wait for its answer, in one call of Temporal; of a run that has ended, it is the kept one.

    Raises:
        _Uncertain: there was none; what has become of the start must be asked for.
    """
    operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        # FAIL as in every other start: an existing run is never taken for a new one.
        start.name, start.trigger, id_conflict_policy=WorkflowIDConflictPolicy.FAIL, **start.options()
    )  # fmt: skip
    try:
        answered: Answered = await client.execute_update_with_start_workflow(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
            _UPDATE, id=_UPDATE, start_workflow_operation=operation, result_type=Answered
        )
    # RuntimeError is how the client says that it cannot connect; a worker of an older build knows of no answer.
    except (RuntimeError, WorkflowUpdateFailedError) as error:
        raise _Uncertain from error
    except (WorkflowAlreadyStartedError, RPCError) as error:
        await _look_at(operation)
        raise _Uncertain from error
    except (WorkflowUpdateRPCTimeoutOrCancelledError, asyncio.CancelledError):
        await _look_at(operation)
        raise
    if answered.answer is None:  # the run has rolled over before its start could answer
        raise _Uncertain
    return answered.answer


async def _look_at(operation: WithStartWorkflowOperation[Any, Any]) -> None:
    """Take note of the failed start: asyncio complains of one that nobody looked at."""
    with contextlib.suppress(Exception, asyncio.CancelledError):
        await asyncio.wait_for(operation.workflow_handle(), 1)


async def _settled(client: Client, start: Start) -> Started:
    """Make sure that the run is stored, and tell whether it was this start that did it."""
    started = await store_start(client, start)
    if not started.duplicate:
        return started
    async with reaching_temporal():
        description = await client.get_workflow_handle(start.run_id).describe(rpc_timeout=RPC_TIMEOUT)
        return Started(start.run_id, duplicate=(await description.memo()).get("start") != start.token)


async def _asked(client: Client, run_id: str) -> Answer | None:
    """Ask a run that is stored, through its roll-overs, until it has answered or ended."""
    while True:
        try:
            answered: Answered = await client.get_workflow_handle(run_id).execute_update(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
                _UPDATE, id=_UPDATE, result_type=Answered
            )
        except WorkflowUpdateFailedError:
            return await _recorded(client, run_id)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise TemporalUnavailable(str(error)) from error
            return await _recorded(client, run_id)
        if answered.answer is not None:
            return answered.answer
        await asyncio.sleep(_AGAIN_SECONDS)


async def _recorded(client: Client, run_id: str) -> Answer | None:
    record = await read_record(client, run_id)
    return record.answer if record else None
