"""Trying a workflow out: a run like any other, marked as a test, and what became of it."""

from __future__ import annotations

import asyncio
import logging

from temporalio.client import Client, WorkflowFailureError
from temporalio.service import RPCError

from api.one_run import read_run
from api.starting import start_run
from api.views import RunView
from settings import Settings
from steps.branch import Trigger
from steps.workflow import Workflow
from vault.signing import Signer

logger = logging.getLogger("api")

LONGEST_SECONDS = 60.0
DEFAULT_SECONDS = 10.0


async def run_test(
    client: Client,
    settings: Settings,
    signer: Signer | None,
    name: str,
    cls: type[Workflow],
    trigger: Trigger,
    *,
    wait: float,
) -> RunView:
    """Start a run as a trigger would, wait `wait` seconds at most for its end, and return it as it is then.

    Raises:
        PayloadInvalid, BodyTooLarge: nothing was started.
        TemporalUnavailable: it may or may not have been started.
    """
    started = await start_run(client, settings.task_queue, name, cls, trigger, key=None, origin="test")
    try:
        async with asyncio.timeout(wait):
            await client.get_workflow_handle(started.id).result()
    except (TimeoutError, WorkflowFailureError):
        pass  # the view tells which
    except RPCError as error:
        logger.warning("The end of the test run %s could not be awaited: %s", started.id, error)
    return await read_run(client, settings, signer, started.id)
