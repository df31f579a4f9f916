"""What a run is told that a schedule started, on the real server."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from temporalio.client import ScheduleOverlapPolicy
from temporalio.service import RPCError

from steps import Cron, Every
from tests.conftest import eventually
from tests.schedules.conftest import MIDNIGHT, Room
from tests.steps.harness import ended, start

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


async def test_runs_are_counted_from_one_and_told_the_times_beside_the_declared_data(room: Room):
    handle = await room.schedule(Every(hours=6, data={"region": "eu"}))
    async with room.working():
        first = await room.trigger(handle)
        second = await room.trigger(handle)
    assert (first["region"], first["counter"], second["counter"]) == ("eu", 1, 2)
    planned = (await handle.describe()).info.next_action_times[0]
    assert first["next_at"] == second["next_at"] == planned.isoformat()
    assert planned.hour % 6 == planned.minute == 0
    assert datetime.fromisoformat(first["scheduled_at"]) <= datetime.fromisoformat(second["scheduled_at"]) < planned


@pytest.mark.usefixtures("seconds_apart")
async def test_runs_that_time_brings_are_told_their_own_time_and_the_last_that_there_is_no_next(room: Room):
    handle = await room.schedule(Every(minutes=1 / 30, count=3))
    async with room.working():
        told = await room.told(handle, 3)
    assert [each["counter"] for each in told] == [1, 2, 3]
    times = [datetime.fromisoformat(each["scheduled_at"]) for each in told]
    assert [second - first for first, second in pairwise(times)] == [timedelta(seconds=2)] * 2
    assert [each["next_at"] for each in told] == [times[1].isoformat(), times[2].isoformat(), None]
    assert (await handle.describe()).schedule.state.remaining_actions == 0


async def test_runs_that_start_together_have_a_number_each(room: Room):
    handle = await room.schedule(Every(minutes=1, overlap="allow"))
    async with room.working():
        await room.backfill(handle, 5)
        told = await room.told(handle, 5)
    assert sorted(each["counter"] for each in told)[:5] == [1, 2, 3, 4, 5]
    assert told[0]["scheduled_at"] == (MIDNIGHT + timedelta(minutes=1)).isoformat()


async def test_runs_that_waited_for_a_worker_know_their_number_though_the_schedule_has_forgotten_them(room: Room):
    handle = await room.schedule(Cron("* * 1 1 *", overlap="allow"))
    await room.backfill(handle, 25)
    assert len((await handle.describe()).info.recent_actions) == 10

    async def all_listed() -> bool:
        return (await room.client.count_workflows(f"TemporalScheduledById = '{handle.id}'")).count == 25

    await eventually(all_listed)
    async with room.working():
        told = await room.told(handle, 25)
    assert [each["counter"] for each in told] == list(range(1, 26))


async def test_a_run_of_a_paused_schedule_has_no_next(room: Room):
    handle = await room.schedule(Every(hours=6, paused=True))
    async with room.working():
        told = await room.trigger(handle)
    assert (told["counter"], told["next_at"]) == (1, None)


async def test_a_run_whose_schedule_is_deleted_goes_on_with_what_is_known(room: Room):
    handle = await room.schedule(Every(minutes=1))
    await room.backfill(handle, 2)

    async def gone() -> bool:
        with pytest.raises(RPCError):
            await handle.describe()
        return (await room.client.count_workflows(f"TemporalScheduledById = '{handle.id}'")).count == 2

    await handle.delete()
    await eventually(gone)
    async with room.working():
        records = [
            await ended(room.client.get_workflow_handle(item.id))
            async for item in room.client.list_workflows(f"TemporalScheduledById = '{handle.id}'")
        ]
    assert sorted(record.result["counter"] for record in records) == [1, 2]
    assert {record.result["next_at"] for record in records} == {None}


async def test_a_run_that_only_says_that_it_is_a_schedules_still_runs(room: Room):
    handle = await room.schedule(Every(hours=6))
    async with room.working():
        run = await start(room.client, room.queue, "Tick", {"x": 1}, schedule=handle.id)
        other = await start(room.client, room.queue, "Tick", None, schedule=f"nobody-{uuid.uuid4()}")
        told = (await ended(run)).result
        assert (told["x"], told["counter"]) == (1, 1)
        assert (await ended(other)).result["counter"] == 1


async def test_what_start_declares_is_checked_with_what_it_is_told(room: Room):
    good = await room.schedule(Every(hours=6, data={"region": "eu"}), "Typed")
    async with room.working():
        assert await room.trigger(good) == "eu 1"


async def test_a_run_that_is_told_by_a_schedule_rolls_over_and_keeps_its_data(room: Room):
    handle = await room.schedule(Every(hours=6), "Long")
    async with room.working():
        await handle.trigger(overlap=ScheduleOverlapPolicy.ALLOW_ALL)

        async def stands() -> bool:
            description = await handle.describe()
            run_id = getattr(description.info.recent_actions[0].action, "workflow_id", "")
            record = await room.client.get_workflow_handle(run_id).query("record")
            return record["result"]["counter"] == 1 and record["waiting_count"] == 1

        await eventually(stands)
        run_id = getattr((await handle.describe()).info.recent_actions[0].action, "workflow_id", "")
        await room.client.get_workflow_handle(run_id).terminate()
