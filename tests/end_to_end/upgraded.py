"""A run of the workflow `Upgraded`, and the build that it is on."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from temporalio.client import WorkflowHandle

from steps import RunRecord
from tests.activities.servers import Call, reply
from tests.conftest import eventually
from tests.end_to_end.builds import QUEUE, Builds

Handle = WorkflowHandle[Any, Any]


class Gate:
    """An address outside that answers when the test lets it."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.url = ""
        self.asked = 0

    async def answer(self, _call: Call) -> bytes:
        self.asked += 1
        await self.open.wait()
        return reply(200, {})


async def begin(builds: Builds, then: str, *, queue: str = QUEUE, **data: Any) -> Handle:
    """Start a run, and wait until its first step is over."""
    client = builds.client
    trigger = {"data": {"then": then, **data}}
    handle: Handle = await client.start_workflow("Upgraded", trigger, id=f"run/{uuid.uuid4()}", task_queue=queue)

    async def begun() -> bool:
        return (await record(handle)).steps_done > 0

    await eventually(begun)
    return handle


async def record(handle: Handle) -> RunRecord:
    return await handle.query("record", result_type=RunRecord)


async def build_of(handle: Handle) -> str:
    info = (await handle.describe()).raw_description.workflow_execution_info
    return info.versioning_info.deployment_version.build_id


async def moved(handle: Handle, build: str) -> None:
    async def there() -> bool:
        return await build_of(handle) == build

    await eventually(there)


def steps(record: RunRecord) -> list[tuple[str, str]]:
    """Return which build ran which step."""
    return [(line.message, line.fields["build"]) for line in record.log if "build" in line.fields]


async def handled_signals(handle: Handle, count: int) -> bool:
    events = (await handle.fetch_history()).events
    signals = [event for event in events if event.HasField("workflow_execution_signaled_event_attributes")]
    return len(signals) == count and events[-1].HasField("workflow_task_completed_event_attributes")
