from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

import activities.notion.call
from tests.once.place import Place, placed

SETTLE = 11.0  # long enough for a busy machine to look a first time before


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def place(dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    patch = pytest.MonkeyPatch()
    patch.setattr(activities.notion.call, "_SECONDS", 5.0)
    async with placed(dev_server.client, tmp_path_factory.mktemp("once"), notion_settle_seconds=SETTLE) as place:
        yield place
    patch.undo()
