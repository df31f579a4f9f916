from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from tests.client.flows import Tour
from tests.once.place import Place, placed


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def place(dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    async with placed(
        dev_server.client, tmp_path_factory.mktemp("client"), (Tour,), notion_requests_per_second=0
    ) as place:
        yield place
