"""A task queue of its own for each test, a worker for it when wanted, and schedules that are gone afterwards."""

from __future__ import annotations

import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client, ScheduleBackfill, ScheduleHandle, ScheduleOverlapPolicy
from temporalio.common import SearchAttributeKey
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import steps.schedule
from activities.schedules import read_occurrence
from schedules.conversion import to_temporal
from steps.schedule import Schedule
from steps.scheduled import Occurrence, OccurrenceRequest
from tests.conftest import eventually
from tests.schedules.deployment import Deployment
from tests.schedules.flows import FLOWS
from tests.steps.harness import Outside, ended

SCHEDULED_AT = SearchAttributeKey.for_datetime("TemporalScheduledStartTime")
MIDNIGHT = datetime.fromisoformat("2026-01-01T00:00:00+00:00")


@dataclass
class Room:
    client: Client
    queue: str
    made: list[str] = field(default_factory=list[str])

    async def schedule(self, schedule: Schedule, workflow: str = "Tick") -> ScheduleHandle:
        name = f"{self.queue}/{workflow.lower()}"
        self.made.append(name)
        new = to_temporal(schedule, workflow, name, self.queue, self.queue)
        return await self.client.create_schedule(name, new)

    def working(self) -> AbstractAsyncContextManager[None]:
        return _working(self.client, self.queue)

    async def trigger(self, handle: ScheduleHandle) -> dict[str, Any]:
        """Run now; two within one second would have one id, and Temporal starts one."""
        before = (await handle.describe()).info.num_actions

        async def started() -> bool:
            if (await handle.describe()).info.num_actions == before:
                await handle.trigger()
            return (await handle.describe()).info.num_actions > before

        await eventually(started)
        return (await self.told(handle, 1))[-1]

    async def backfill(self, handle: ScheduleHandle, count: int) -> None:
        """Start runs at once, as if `count` minutes had just passed."""
        span = ScheduleBackfill(
            MIDNIGHT + timedelta(seconds=30), MIDNIGHT + timedelta(minutes=count), ScheduleOverlapPolicy.ALLOW_ALL
        )
        await handle.backfill(span)

        async def started() -> bool:
            return (await handle.describe()).info.num_actions >= count

        await eventually(started)

    async def told(self, handle: ScheduleHandle, count: int) -> list[dict[str, Any]]:
        """Return what the runs of a schedule were told, `count` of them at least, by the time that was meant."""

        async def results() -> list[dict[str, Any]]:
            query = f"TemporalScheduledById = '{handle.id}'"
            found = [item async for item in self.client.list_workflows(query)]
            assert len(found) >= count
            assert len(found) >= (await handle.describe()).info.num_actions
            found.sort(key=lambda item: (item.typed_search_attributes[SCHEDULED_AT], item.start_time))
            handles = [self.client.get_workflow_handle(item.id, run_id=item.run_id) for item in found]
            return [(await ended(handle)).result for handle in handles]

        return await eventually(results)


@asynccontextmanager
async def _working(client: Client, queue: str) -> AsyncGenerator[None]:
    @activity.defn(name="read_occurrence")
    async def look(request: OccurrenceRequest) -> Occurrence:
        return await read_occurrence(client, request)

    outside = Outside()
    activities = [each for each in outside.all() if each != outside.read_occurrence]
    async with Worker(client, task_queue=queue, workflows=FLOWS, activities=[*activities, look]):
        yield


@pytest_asyncio.fixture(loop_scope="session")
async def room(dev_server: WorkflowEnvironment) -> AsyncIterator[Room]:
    made = Room(dev_server.client, f"schedules-{uuid.uuid4().hex[:8]}")
    yield made
    for name in made.made:
        try:
            await made.client.get_schedule_handle(name).delete()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise


@pytest.fixture
def seconds_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a schedule run more often than authors may have it."""
    monkeypatch.setattr(steps.schedule, "MIN_INTERVAL", timedelta(seconds=1))


@pytest.fixture
def deployment(room: Room) -> Deployment:
    return Deployment(room)
