from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from local.ports import choose
from settings import Settings
from telemetry.families import FAMILIES
from telemetry.recording import recording
from tests.telemetry.stage import Stage, staged


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stage(dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    address = f"127.0.0.1:{choose(0, set())}"
    settings = Settings(_env_file=None, metrics_address=address)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
    with recording(settings, FAMILIES):
        async with staged(dev_server.client, tmp_path_factory.mktemp("telemetry"), address) as stage:
            yield stage


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def recorded(stage: Stage) -> str:
    """A run that has recorded an order, though Notion was out for a moment; its id."""
    stage.notion.workspace.faults.add([{"method": "GET", "path": "/v1/pages/*", "kind": "unavailable"}])
    run = await stage.trigger("RecordOrder", "order-1001")
    await stage.end(run)
    return run
