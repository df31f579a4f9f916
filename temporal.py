"""The one place that configures a Temporal client: profile, converter and sandbox."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig
from temporalio.plugin import SimplePlugin

from steps.sandbox import workflow_runner

if TYPE_CHECKING:
    from temporalio.worker import WorkflowRunner

DEFAULT_ADDRESS = "localhost:7233"


def plugin() -> SimplePlugin:
    """Return what client, worker and replayer must share.

    `workflow_failure_exception_types` stays empty on purpose: a nondeterminism error parks the run, so that a fixed
    deploy heals it, where `[Exception]` would fail the run.
    """
    return SimplePlugin("durable-steps", data_converter=pydantic_data_converter, workflow_runner=_runner)


def _runner(_default: WorkflowRunner | None) -> WorkflowRunner:
    return workflow_runner()


def leave(status: int) -> NoReturn:
    """End a process that has used a client, without tearing Python down.

    Now and then the SDK's threads still call into Python then, and crash it (temporalio 1.35): a process that had done
    all its work would end with the status of a crash.
    """
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


async def connect(*, lazy: bool = False) -> Client:
    """Connect as Temporal's environment configuration says (TEMPORAL_ADDRESS, TEMPORAL_PROFILE, ...).

    With `lazy` the first call connects, so that a process can start before Temporal does.
    """
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", DEFAULT_ADDRESS)
    return await Client.connect(**config, plugins=[plugin()], lazy=lazy)
