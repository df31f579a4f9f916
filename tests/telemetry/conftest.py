from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment

from local.ports import choose
from settings import Settings
from telemetry.families import FAMILIES
from telemetry.recording import recording
from tests.telemetry.receiver import receiving
from tests.telemetry.stage import Stage, staged


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stage(dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    address = f"127.0.0.1:{choose(0, set())}"
    with receiving() as receiver:
        given = {"metrics_address": address, "traces_url": receiver.url, "traces_headers": "x-team=shop"}
        settings = Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue, reportArgumentType]  # pydantic-settings' own
        with recording(settings, FAMILIES, "tests"):
            folder = tmp_path_factory.mktemp("telemetry")
            async with staged(dev_server.client, folder, address, receiver) as stage:
                yield stage


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def recorded(stage: Stage) -> str:
    """A run that has recorded an order, though Notion was out for a moment; its id."""
    stage.notion.workspace.faults.add([{"method": "GET", "path": "/v1/pages/*", "kind": "unavailable"}])
    run = await stage.trigger("RecordOrder", "order-1001")
    await stage.end(run)
    return run
