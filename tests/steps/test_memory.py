"""A run may import its workflow's file anew; nothing in steps/ may hold on to what that makes."""

from __future__ import annotations

import asyncio
import gc

import pytest
from temporalio.testing import WorkflowEnvironment

from steps import Workflow
from tests.steps.harness import ended, start, working
from tests.steps.small import Small

pytestmark = pytest.mark.server

RUNS = 60


def classes() -> int:
    """Count the workflow classes there are; a base class knows its subclasses only as long as they live."""
    gc.collect()
    return len(Workflow.__subclasses__())


async def test_the_classes_that_a_run_imported_go_with_it(dev_server: WorkflowEnvironment):
    client, before = dev_server.client, classes()
    async with working(client, workflows=[Small], max_cached_workflows=5) as queue:
        handles = [await start(client, queue, "Small", {"name": "1001"}) for _ in range(RUNS)]
        records = await asyncio.gather(*(ended(handle) for handle in handles))
        during = classes()
    assert all(record.result == "1001" for record in records)
    assert during - before <= 20, "beside the few cached runs, none is held"
    assert classes() - before <= 2
