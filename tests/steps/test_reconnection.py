"""Calls that wait for a connection, on the real server."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.sdk.v1 import WorkflowMetadata
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import CancelledError
from temporalio.testing import WorkflowEnvironment

from steps.attributes import at_start
from steps.reconnection import SIGNAL
from steps.record import RunRecord
from temporal import attributes_known
from tests.conftest import eventually
from tests.steps.harness import Outside, ended, start, working

pytestmark = pytest.mark.server


async def waits(handle: WorkflowHandle[Any, Any]) -> RunRecord:
    """Wait until the run waits for its connection."""

    async def waiting() -> RunRecord | None:
        record = await handle.query("record", result_type=RunRecord)
        return record if record.lost_connections else None

    return await eventually(waiting)  # pyright: ignore[reportReturnType]  # it returns what is true


async def events(handle: WorkflowHandle[Any, Any]) -> list[int]:
    return [event.event_type for event in (await handle.fetch_history()).events]


async def test_a_signal_lets_the_run_go_on(dev_server: WorkflowEnvironment):
    outside = Outside()
    outside.lose("my-notion")
    async with working(dev_server.client, outside) as queue:
        handle = await start(dev_server.client, queue, "TakesToken", "my-notion")
        record = await waits(handle)
        assert [(one.handle, one.calls) for one in record.lost_connections] == [("my-notion", 1)]
        assert [(line.level, line.step) for line in record.log] == [("warning", "start")]
        described = await handle.describe()
        (look,) = described.raw_description.pending_activities
        assert look.activity_type.name == "await_connection"
        metadata = await handle.query("__temporal_workflow_metadata", result_type=WorkflowMetadata)
        assert "Waits for my-notion to be connected again: OAuth Connections" in metadata.current_details
        outside.lost.clear()
        await handle.signal(SIGNAL, "my-notion")
        assert not (await ended(handle)).failures
    assert EventType.EVENT_TYPE_ACTIVITY_TASK_CANCEL_REQUESTED in await events(handle)


async def test_without_a_signal_the_run_looks_by_itself_and_its_history_does_not_grow(dev_server: WorkflowEnvironment):
    outside = Outside()
    outside.lose("my-notion")
    async with working(dev_server.client, outside) as queue:
        handle = await start(dev_server.client, queue, "TakesToken", "my-notion")
        await waits(handle)
        before = len(await events(handle))

        async def looked() -> bool:
            return outside.looks >= 3

        await eventually(looked)
        assert len(await events(handle)) == before
        outside.lost.clear()
        assert not (await ended(handle)).failures


@pytest.mark.parametrize(
    ("how", "kind"), [("revoked", "connection-needs-reauthorization"), ("unknown", "connection-not-found")]
)
async def test_what_nobody_can_mend_fails_at_once(dev_server: WorkflowEnvironment, how: str, kind: str):
    outside = Outside()
    outside.lose("my-notion", revoked=True)
    async with working(dev_server.client, outside) as queue:
        handle = await start(dev_server.client, queue, "TakesToken", "my-notion" if how == "revoked" else "another")
        (failure,) = (await ended(handle)).failures
    assert (failure.type, outside.looks) == (kind, 0)


async def test_a_connection_that_is_revoked_meanwhile_ends_the_wait_with_the_error(dev_server: WorkflowEnvironment):
    outside = Outside()
    outside.lose("my-notion")
    async with working(dev_server.client, outside) as queue:
        handle = await start(dev_server.client, queue, "TakesToken", "my-notion")
        await waits(handle)
        outside.lose("my-notion", revoked=True)
        (failure,) = (await ended(handle)).failures
    assert (failure.type, failure.message) == ("connection-needs-reauthorization", "my-notion is lost")


async def test_a_cancelled_run_stops_looking(dev_server: WorkflowEnvironment):
    outside = Outside()
    outside.lose("my-notion")
    async with working(dev_server.client, outside) as queue:
        handle = await start(dev_server.client, queue, "TakesToken", "my-notion")
        await waits(handle)
        await handle.cancel()
        with pytest.raises(WorkflowFailureError) as caught:
            await handle.result()
        assert isinstance(caught.value.cause, CancelledError)


async def test_a_signal_for_nothing_or_of_nothing_changes_nothing(dev_server: WorkflowEnvironment):
    outside = Outside()
    outside.lose("my-notion")
    async with working(dev_server.client, outside) as queue:
        handle = await start(dev_server.client, queue, "TakesToken", "my-notion")
        await waits(handle)
        await handle.signal(SIGNAL, "another")
        await handle.signal(SIGNAL)
        await handle.signal(SIGNAL, args=[1, 2])
        assert (await waits(handle)).lost_connections[0].calls == 1
        outside.lost.clear()
        await handle.signal(SIGNAL, "my-notion")
        assert not (await ended(handle)).failures


async def test_a_run_that_waits_is_found_by_it_and_only_as_long_as_it_does(dev_server: WorkflowEnvironment):
    client: Client = dev_server.client
    await eventually(lambda: attributes_known(client), seconds=60)
    outside = Outside()
    outside.lose("my-notion")

    async def found(query: str) -> bool:
        return any([run.id == handle.id async for run in client.list_workflows(query)])

    async def left() -> bool:
        return not await found("Connection = 'lost:my-notion'")

    async with working(client, outside) as queue:
        handle = await client.start_workflow(
            "TakesToken",
            {"data": "my-notion"},
            id=f"TakesToken/{queue}",
            task_queue=queue,
            search_attributes=at_start("TakesToken", "api"),
        )
        await eventually(lambda: found("Connection = 'lost:my-notion' AND Connection = 'my-notion'"))
        outside.lost.clear()
        await handle.signal(SIGNAL, "my-notion")
        await ended(handle)
        await eventually(left)
        assert await found("Connection = 'my-notion'")
