from __future__ import annotations

import asyncio
import logging
import uuid

import pytest
from temporalio import activity
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.worker._workflow import _InterruptDeadlockError  # pyright: ignore[reportPrivateUsage]  # what it tests

from steps import Response
from steps.http import FetchRequest
from steps.run import _WORKER  # pyright: ignore[reportPrivateUsage]  # what it tests
from tests.steps.flows import FLOWS
from tests.steps.harness import Outside, ended, start

pytestmark = pytest.mark.server
RUNS = 10


class Together(Outside):
    """Answer no call before all are in the air."""

    def __init__(self) -> None:
        super().__init__()
        self._all = asyncio.Barrier(RUNS)

    @activity.defn(name="fetch")
    async def fetch(self, request: FetchRequest) -> Response:
        await self._all.wait()
        return Response(status=200)


async def test_a_run_that_the_worker_forgets_in_the_middle_of_a_step_goes_on(
    dev_server: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
):
    client, queue = dev_server.client, str(uuid.uuid4())
    async with Worker(client, task_queue=queue, workflows=FLOWS, activities=Together().all(), max_cached_workflows=2):
        call = [{"url": "https://example.com/"}]
        handles = [await start(client, queue, "Fetches", call) for _ in range(RUNS)]
        records = [await ended(handle) for handle in handles]
    assert [record.result[0]["status"] for record in records] == [200] * RUNS
    # A forgotten run is taken down in the middle of its step, which must not look like a failure of the step.
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_what_ends_an_activation_that_takes_too_long_is_known_by_its_module():
    assert issubclass(_InterruptDeadlockError, BaseException)
    assert not issubclass(_InterruptDeadlockError, Exception)
    assert _InterruptDeadlockError.__module__ == _WORKER
