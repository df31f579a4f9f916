"""Trying a connection out: a worker does it, for the API opens no token."""

from __future__ import annotations

import asyncio
import secrets
from datetime import timedelta

from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ActivityError
from temporalio.service import RPCError

from api.problems import WorkerUnavailable
from api.reach import RPC_TIMEOUT, reaching_temporal
from steps.connection_tasks import TEST, Tested
from vault.connection import Connection

LONGEST_SECONDS = 15.0


async def try_connection(client: Client, task_queue: str, connection: Connection) -> Tested:
    """Return what the provider says to the connection's token.

    Raises:
        WorkerUnavailable: no worker took it in time; nothing is left behind.
        TemporalUnavailable: Temporal does not answer.
    """
    async with reaching_temporal():
        handle = await client.start_workflow(
            TEST,
            connection.handle,
            id=f"connections/test/{connection.id}/{secrets.token_hex(8)}",
            task_queue=task_queue,
            result_type=Tested,
            execution_timeout=timedelta(seconds=LONGEST_SECONDS),
            static_summary=f"test {connection.handle}",
            rpc_timeout=RPC_TIMEOUT,
        )
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await handle.result()
    except (TimeoutError, WorkflowFailureError, RPCError) as error:
        if isinstance(error, WorkflowFailureError) and isinstance(error.cause, ActivityError):
            raise _unavailable(connection, "The worker that was to test it has failed; its log says why.") from error
        raise _unavailable(connection, "Start one with `python worker.py`, and test it again.") from error


def _unavailable(connection: Connection, advice: str) -> WorkerUnavailable:
    told = f"No worker has tested {connection.handle} within {LONGEST_SECONDS:g} seconds. {advice}"
    return WorkerUnavailable(told, headers={"Retry-After": "5"})
