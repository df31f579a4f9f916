"""When Temporal runs what we write, asked of the real server."""

from __future__ import annotations

from datetime import datetime

import pytest
import temporalio.api.workflowservice.v1 as wire
from google.protobuf.timestamp_pb2 import Timestamp

from steps import Cron, Every
from steps.schedule import Schedule
from tests.schedules.conftest import Room

HALF_PAST_TWO = Cron("30 2 * * *", time_zone="Europe/Berlin")
pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]


def at(text: str) -> Timestamp:
    found = Timestamp()
    found.FromJsonString(text)
    return found


@pytest.mark.parametrize(
    ("schedule", "start", "end", "times"),
    [
        (Every(hours=12), "2026-01-01", "2026-01-02", ["01-01T12:00", "01-02T00:00"]),
        (Every(hours=12, offset="1 hr"), "2026-01-01", "2026-01-02", ["01-01T01:00", "01-01T13:00"]),
        # The first run is at the start itself.
        (Every(days=3, start=datetime(2026, 1, 2, 9), time_zone="Europe/Berlin"), "2026-01-01", "2026-01-09",
         ["01-02T08:00", "01-05T08:00", "01-08T08:00"]),
        (Cron("0 9 * * *", start=datetime(2026, 1, 2, 9), end=datetime(2026, 1, 4, 9)), "2026-01-01", "2026-01-09",
         ["01-02T09:00", "01-03T09:00", "01-04T09:00"]),
        # The clocks of Berlin go forward at 2 on 29 March, and back at 3 on 25 October.
        (HALF_PAST_TWO, "2026-03-28", "2026-03-31", ["03-28T01:30", "03-30T00:30"]),
        (HALF_PAST_TWO, "2026-10-24", "2026-10-27", ["10-24T00:30", "10-25T01:30", "10-26T01:30"]),
        # Both days must match, other than with some crons.
        (Cron("0 0 13 * FRI"), "2026-01-01", "2026-12-31", ["02-13T00:00", "03-13T00:00", "11-13T00:00"]),
        (Cron("0 0 * * 7"), "2026-03-01", "2026-03-09", ["03-08T00:00"]),
        (Cron("0 0 * * SUN,saturday"), "2026-03-02", "2026-03-09", ["03-07T00:00", "03-08T00:00"]),
    ],
)  # fmt: skip
async def test_the_times_are_those_that_were_meant(
    room: Room, schedule: Schedule, start: str, end: str, times: list[str]
):
    handle = await room.schedule(schedule)
    request = wire.ListScheduleMatchingTimesRequest(
        namespace=room.client.namespace, schedule_id=handle.id, start_time=at(f"{start}T00:00:00Z"),
        end_time=at(f"{end}T00:00:00Z"),
    )  # fmt: skip
    answer = await room.client.workflow_service.list_schedule_matching_times(request)
    assert [time.ToJsonString()[5:16] for time in answer.start_time] == times
