"""The worker: `python worker.py`. It runs the steps of every workflow in `workflows/`, and their calls."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import PollerBehaviorAutoscaling, Worker, WorkerDeploymentConfig

from activities import Activities
from activities.states import keep_states, show_vault
from activities.tasks import keep_connections
from logs import configure_logging
from schedules.keeper import keep_schedules
from settings import Settings, read_settings
from steps.dedupe import own_workflows
from steps.discovery import Discovered, discover
from telemetry.core import core_runtime
from telemetry.families import OF_WORKERS
from telemetry.recording import recording
from telemetry.run_watch import prepare_runs
from temporal import DEFAULT_ADDRESS, connect, leave, own_version
from vault import KeyProviderFailed, Vault, VaultError
from vault.opening import open_signer, open_vault
from vault.registrations import Registrations

log = logging.getLogger("worker")
_LONGEST_WAIT = 10.0
# How long a run that a killed worker had in its memory waits before another worker may take it.
_STICKY = timedelta(seconds=3)
# They share one interpreter. A hundred, as the SDK takes by itself, are each too late for Temporal where the worker has
# little of a core: it gives them to others meanwhile, and what was done of them is done again.
_WORKFLOW_TASKS = 20


def load_workflows(settings: Settings) -> Discovered:
    """Return what is in the folder; a file that cannot be loaded is named in the log, the others still load."""
    found = discover(settings.workflows_dir)
    for problem in found.problems:
        log.error("Not loaded: %s", problem)
    for finding in found.findings:
        log.warning("May park or repeat itself: %s", finding)
    log.info("Workflows: %s", ", ".join(sorted(found.workflows)) or "none")
    return found


def make_worker(
    client: Client, settings: Settings, activities: Sequence[Callable[..., Any]], workflows: Sequence[type[Any]]
) -> Worker:
    """Return a worker, not yet running."""
    version = own_version()
    return Worker(
        client,
        task_queue=settings.task_queue,
        workflows=[*workflows, *own_workflows(versioned=version is not None)],
        activities=activities,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        sticky_queue_schedule_to_start_timeout=_STICKY,
        max_concurrent_workflow_tasks=_WORKFLOW_TASKS,
        max_concurrent_activities=settings.max_running_steps,
        max_concurrent_local_activities=settings.max_running_steps,
        graceful_shutdown_timeout=timedelta(seconds=settings.shutdown_seconds),
        deployment_config=pinned(version) if version else None,
    )


def pinned(version: WorkerDeploymentVersion) -> WorkerDeploymentConfig:
    """Pin runs to this build; they move to the next build at a step boundary."""
    return WorkerDeploymentConfig(
        version=version, use_worker_versioning=True, default_versioning_behavior=VersioningBehavior.PINNED
    )


async def run_worker(settings: Settings, stop: asyncio.Event) -> None:
    """Poll until `stop` is set, then let the calls under way end.

    Raises:
        VaultError: the vault cannot be opened; nothing was polled.
    """
    vault = await _open_when_unsealed(settings, stop)
    if vault is None:
        return
    try:
        signer = open_signer(settings.signing_key_text, settings.signing_key_path)
        found = load_workflows(settings)
        prepare_runs(found.workflows)
        client = await _connect_when_up(settings, stop)
        if client is None:
            return
        activities = Activities(vault, signer, settings, client=client)
        try:
            async with make_worker(client, settings, activities.all(), list(found.workflows.values())):
                log.info("Polling the task queue %r", settings.task_queue)
                async with (
                    _beside(keep_schedules(client, settings.task_queue, found, own_version())),
                    _beside(keep_connections(vault, client, settings)),
                    _beside(keep_states(vault, Registrations(settings).all())),
                ):
                    await stop.wait()
                log.info("Stopping: no new work; calls under way have %g seconds", settings.shutdown_seconds)
        finally:
            await activities.close()
    finally:
        await vault.close()


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncGenerator[None]:
    """Do something for as long as the block runs."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _open_when_unsealed(settings: Settings, stop: asyncio.Event) -> Vault | None:
    wait = 0.5
    while not stop.is_set():
        try:
            return await open_vault(
                settings.vault_url, settings.master_key_text, settings.master_key_path, settings, may="open"
            )
        except KeyProviderFailed as error:
            show_vault(error.type)
            log.warning("%s (%s) Trying again in %g s", error, error.type, wait)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), wait)
        wait = min(wait * 2, _LONGEST_WAIT)
    return None


async def _connect_when_up(settings: Settings, stop: asyncio.Event) -> Client | None:
    wait, runtime = 0.5, core_runtime(settings)
    while not stop.is_set():
        try:
            return await connect(runtime=runtime)
        except RuntimeError as error:
            address = os.environ.get("TEMPORAL_ADDRESS", DEFAULT_ADDRESS)
            log.warning("Temporal does not answer at %s (%s); trying again in %g s", address, error, wait)
        try:
            await asyncio.wait_for(stop.wait(), wait)
        except TimeoutError:
            wait = min(wait * 2, _LONGEST_WAIT)
    return None


async def serve(settings: Settings) -> int:
    """Run the worker as a process: SIGTERM and SIGINT stop it gracefully. Returns the exit status."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        with recording(settings, OF_WORKERS, "durable-steps-worker"):
            await run_worker(settings, stop)
    except VaultError as error:
        log.error("%s (%s)", error, error.type)
        return 1
    return 0


def main() -> int:
    """Start the worker."""
    settings = read_settings()
    configure_logging(settings)
    return asyncio.run(serve(settings))


if __name__ == "__main__":
    leave(main())
