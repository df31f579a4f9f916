"""The worker's care for the declared schedules: beside its polling, until it is done."""

from __future__ import annotations

import asyncio
import logging

import temporalio.api.workflowservice.v1 as wire
from temporalio.client import Client
from temporalio.common import WorkerDeploymentVersion
from temporalio.service import RPCError, RPCStatusCode

from schedules.conversion import RPC_TIMEOUT
from schedules.reconcile import reconcile
from steps.discovery import Discovered

log = logging.getLogger("schedules")
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 60.0
_LOOK_EVERY = 15.0


async def keep_schedules(
    client: Client, task_queue: str, found: Discovered, version: WorkerDeploymentVersion | None
) -> None:
    """Reconcile once; again and again only while Temporal does not answer. Never raises, so that polling goes on.

    A worker of a versioned deployment waits until its build is the current one, and does it each time that it becomes
    so: a build that is older, or is not yet in use, changes nothing.
    """
    wait = _FIRST_WAIT
    was_current = False
    while True:
        try:
            current = version is None or await _is_current(client, version)
            if current and not was_current:
                await reconcile(client, task_queue, found.workflows, complete=not found.problems)
            was_current, wait = current, _FIRST_WAIT
            if version is None:
                return
            await asyncio.sleep(_LOOK_EVERY)
        except asyncio.CancelledError:
            raise
        except (RPCError, RuntimeError, TimeoutError) as error:
            log.warning("The schedules are not yet as declared (%s); trying again in %g s", error, wait)
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT)
        except Exception:
            log.exception("The schedules cannot be kept as declared; everything else goes on")
            return


async def _is_current(client: Client, version: WorkerDeploymentVersion) -> bool:
    request = wire.DescribeWorkerDeploymentRequest(namespace=client.namespace, deployment_name=version.deployment_name)
    try:
        answer = await client.workflow_service.describe_worker_deployment(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:  # no worker of it has polled yet
            return False
        raise
    current = answer.worker_deployment_info.routing_config.current_deployment_version
    return current.build_id == version.build_id
