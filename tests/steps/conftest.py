"""A worker for the tests that do not need one of their own: starting and stopping one takes half a second."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.steps.harness import Outside, working


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def served(dev_server: WorkflowEnvironment) -> AsyncIterator[str]:
    """The task queue of a worker on the real server."""
    async with working(dev_server.client, Outside({"TABLE": "t1"})) as queue:
        yield queue
