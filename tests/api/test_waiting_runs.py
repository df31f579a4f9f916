"""After a reconnection: the runs that wait for it are told."""

from __future__ import annotations

import asyncio
import logging

import pytest
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from api.waiting_runs import WaitingRuns
from steps.attributes import at_start
from temporal import attributes_known
from tests.conftest import eventually
from tests.steps.harness import Outside, ended, working

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_every_run_that_waits_is_told_and_no_other(
    dev_server: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
):
    client = dev_server.client
    await eventually(lambda: attributes_known(client), seconds=60)
    outside = Outside()
    outside.lose("my-notion")
    caplog.set_level(logging.INFO, "api")

    async def opened() -> Client:
        return client

    async with working(client, outside) as queue:
        handles = [
            await client.start_workflow(
                "TakesToken",
                {"data": "my-notion"},
                id=f"{queue}/{number}",
                task_queue=queue,
                search_attributes=at_start("TakesToken", "api"),
            )
            for number in range(50)
        ]
        waiting = f"TaskQueue = '{queue}' AND Connection = 'lost:my-notion'"

        async def all_wait() -> bool:
            return (await client.count_workflows(waiting)).count == 50

        await eventually(all_wait, seconds=60)
        runs = WaitingRuns(opened, queue)
        runs.tell("another")
        outside.lost.clear()
        outside.lose("nobody")
        runs.tell("my-notion")
        records = await asyncio.gather(*map(ended, handles))
        # One that has just looked by itself needs nobody to tell it.
        await eventually(lambda: said(caplog, "my-notion is connected again: "))
        await runs.close()
    assert not any(record.failures for record in records)


async def test_a_temporal_that_is_away_is_logged_and_no_more(caplog: pytest.LogCaptureFixture):
    async def opened() -> Client:
        raise RuntimeError("nothing listens there")

    runs = WaitingRuns(opened, "steps")
    runs.tell("my-notion")
    await eventually(lambda: said(caplog, "The runs that wait for my-notion could not be told"))
    await runs.close()


async def said(caplog: pytest.LogCaptureFixture, text: str) -> bool:
    return any(record.getMessage().startswith(text) for record in caplog.records)
