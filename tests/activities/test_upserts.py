"""Records in runs on the real server, and one record for one key however many runs write it."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from local.notion import ORDERS_DATA_SOURCE_ID, StandIn
from local.notion.objects import Page
from steps.dedupe import own_workflows
from steps.record import RunRecord
from temporal import plugin
from tests.activities.conftest import World
from tests.activities.record_flows import RECORD_FLOWS
from tests.activities.standing import stand_in, standing
from tests.conftest import eventually
from tests.steps.harness import ended, start

pytestmark = pytest.mark.server


@pytest.fixture
def notion() -> StandIn:
    return stand_in()


@pytest.fixture
async def queue(dev_server: WorkflowEnvironment, world: World, notion: StandIn) -> AsyncIterator[str]:
    queue = f"records-{uuid.uuid4()}"
    async with standing(world, notion) as origin, world.worker(notion_origin=origin, notion_settle_seconds=0.3) as made:
        worker = Worker(
            dev_server.client,
            task_queue=queue,
            workflows=[*RECORD_FLOWS, *own_workflows()],
            activities=made.activities.all(),
            max_cached_workflows=200,
        )
        async with worker:
            yield queue


async def done(server: WorkflowEnvironment, queue: str, name: str, data: Any) -> RunRecord:
    return await ended(await start(server.client, queue, name, data))


def rows(notion: StandIn) -> list[Page]:
    return [item for item in notion.workspace.items.values() if isinstance(item, Page) and not item.in_trash][1:]


def upsert(**values: Any) -> dict[str, Any]:
    return {"values": {"Name": f"order {uuid.uuid4()}", **values}}


@pytest.mark.parametrize("version", ["2022-06-28", "2026-03-11"])
async def test_values_of_every_kind_go_out_and_come_back(dev_server: WorkflowEnvironment, queue: str, version: str):
    record = await done(dev_server, queue, "WritesRecords", {"version": version})
    assert record.failures == []
    first, second = record.result["first"], record.result["second"]
    assert (first["Name"], first["Total"], first["Tags"]) == ("é" * 2_500, 12.5, ["a", "b"])
    assert first["Placed"] == "2026-11-22T10:00:00.000+00:00"
    assert second["Placed"] == {"start": "2026-01-01", "end": "2026-01-02", "time_zone": None}
    assert record.result["found"] == [record.result["id"]]
    assert record.result["created"] is True


async def test_a_mismatch_can_be_caught_with_all_its_problems(dev_server: WorkflowEnvironment, queue: str):
    record = await done(dev_server, queue, "Mismatches", {"Totl": 1, "Paid": 1})
    assert [problem["property"] for problem in record.result["problems"]] == ["Totl", "Paid"]
    assert 'Did you mean "Total"?' in record.result["message"]


async def test_values_without_a_json_form_are_refused_together_before_any_call(
    dev_server: WorkflowEnvironment, queue: str, notion: StandIn
):
    record = await done(dev_server, queue, "Naive", {})
    [failure] = record.failures
    assert failure.type == "record-invalid"
    assert "Placed: 2026-01-01 00:00:00 has no time zone; a datetime needs its time zone" in failure.message
    assert "X: a value of the type object cannot be written" in failure.message
    assert notion.workspace.calls.as_json() == []


async def test_many_runs_with_one_key_make_one_page(dev_server: WorkflowEnvironment, queue: str, notion: StandIn):
    data = upsert(Total=1)
    handles = await asyncio.gather(*(start(dev_server.client, queue, "Upserts", data) for _ in range(20)))
    records = await asyncio.gather(*map(ended, handles))
    assert [record.failures for record in records] == [[]] * 20
    assert Counter(record.result["created"] for record in records) == {True: 1, False: 19}
    assert len({record.result["id"] for record in records}) == len(rows(notion)) == 1
    lengths = sorted([len((await handle.fetch_history()).events) for handle in handles])
    assert lengths[0] < 30
    assert lengths[-1] < 400
    longest = max(handles, key=lambda handle: handle.id)
    await Replayer(workflows=RECORD_FLOWS, plugins=[plugin()]).replay_workflow(await longest.fetch_history())


async def test_the_database_and_its_data_source_are_the_same(
    dev_server: WorkflowEnvironment, queue: str, notion: StandIn
):
    data = upsert()
    other = {**data, "database": ORDERS_DATA_SOURCE_ID, "key": "title"}
    both = await asyncio.gather(*(done(dev_server, queue, "Upserts", each) for each in [data, other] * 5))
    assert len({record.result["id"] for record in both}) == len(rows(notion)) == 1


async def test_a_run_asks_once_what_the_key_is(dev_server: WorkflowEnvironment, queue: str):
    handle = await start(dev_server.client, queue, "Upserts", {**upsert(), "times": 3})
    assert (await ended(handle)).result["created"] is False
    kinds = Counter(event.event_type for event in (await handle.fetch_history()).events)
    assert kinds[EventType.EVENT_TYPE_ACTIVITY_TASK_COMPLETED] == 1
    assert kinds[EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_COMPLETED] == 3


async def test_two_pages_are_made_for_two_keys(dev_server: WorkflowEnvironment, queue: str, notion: StandIn):
    for data in (upsert(), upsert()):
        assert (await done(dev_server, queue, "Upserts", data)).result["created"] is True
    assert len(rows(notion)) == 2


@pytest.mark.parametrize(
    ("values", "type", "says"),
    [
        ({"Name": "a", "Total": "x", "Paid": 3}, "record-invalid", "- Paid: 3 is neither True nor False"),
        ({"Total": 3}, "record-invalid", "Name: is the key, and has no value"),
    ],
)
async def test_failures_are_the_step_s_own(
    dev_server: WorkflowEnvironment, queue: str, values: dict[str, Any], type: str, says: str
):
    record = await done(dev_server, queue, "Upserts", {"values": values})
    assert record.failures[0].type == type
    assert says in record.failures[0].message


async def test_what_notion_refuses_comes_as_notion_s_error(dev_server: WorkflowEnvironment, queue: str):
    data = upsert(Currency={"rich_text": [{"text": {"content": 5}}]})
    record = await done(dev_server, queue, "Upserts", data)
    assert record.failures[0].type == "notion-error"
    assert "validation_error" in record.failures[0].message


@pytest.mark.parametrize("fault", [{"kind": "internal", "when": "after"}, {"kind": "cut_after"}, {"kind": "internal"}])
async def test_an_answer_that_is_lost_makes_no_second_page(
    dev_server: WorkflowEnvironment, queue: str, notion: StandIn, fault: dict[str, Any]
):
    notion.workspace.faults.add([{"method": "POST", "path": "/v1/pages", **fault}])
    record = await done(dev_server, queue, "Upserts", upsert(Total=1))
    assert record.failures == []
    assert len(rows(notion)) == 1


async def test_a_page_that_notion_lists_late_is_waited_for(
    dev_server: WorkflowEnvironment, queue: str, notion: StandIn
):
    notion.workspace.lag = 0.6
    data = upsert()
    records = await asyncio.gather(*(done(dev_server, queue, "Upserts", data) for _ in range(5)))
    assert len({record.result["id"] for record in records}) == len(rows(notion)) == 1


@pytest.mark.parametrize(
    ("end", "status"),
    [("cancel", WorkflowExecutionStatus.CANCELED), ("terminate", WorkflowExecutionStatus.COMPLETED)],
)
async def test_a_cancelled_run_cancels_its_writing_and_a_terminated_one_leaves_it(
    dev_server: WorkflowEnvironment, queue: str, notion: StandIn, end: str, status: WorkflowExecutionStatus
):
    notion.workspace.faults.add([{"kind": "slow", "seconds": 2, "path": "*/query"}])
    handle = await start(dev_server.client, queue, "Upserts", upsert())

    async def child() -> Any:
        for event in (await handle.fetch_history()).events:
            if event.event_type == EventType.EVENT_TYPE_CHILD_WORKFLOW_EXECUTION_STARTED:
                return event.child_workflow_execution_started_event_attributes.workflow_execution
        return None

    execution = await eventually(child)
    written = dev_server.client.get_workflow_handle(execution.workflow_id, run_id=execution.run_id)
    await getattr(handle, end)()
    await asyncio.gather(handle.result(), return_exceptions=True)
    await asyncio.gather(written.result(), return_exceptions=True)
    assert (await written.describe()).status is status
