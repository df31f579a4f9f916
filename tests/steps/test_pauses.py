from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from temporalio import activity
from temporalio.api.enums.v1 import EventType
from temporalio.testing import WorkflowEnvironment

from steps import Response
from steps.errors import FetchFailed, StepsError, VaultFailed
from steps.http import FetchRequest
from steps.paced import Paced
from steps.pauses import PAUSING, pause_for
from tests.steps.harness import Outside, ended, start, working
from tests.steps.pace_flows import PACE_FLOWS

TURN = Paced("later", handle="my-notion", wait=12.5)


@pytest.mark.parametrize(
    ("error", "before", "seconds", "reason", "mark"),
    [
        (VaultFailed("sealed"), 0, 1, "the vault", {}),
        (VaultFailed("sealed"), 3, 8, "the vault", {}),
        (VaultFailed("sealed"), 50, 300, "the vault", {}),
        (TURN, 0, 12.5, "my-notion's turn", {"turned": True}),
        (TURN, 50, 12.5, "my-notion's turn", {"turned": True}),
    ],
)
def test_what_a_call_waits_for(error: StepsError, before: int, seconds: float, reason: str, mark: Any):
    pause = pause_for(error.to_failure(), before)
    assert pause is not None
    assert (pause.length.total_seconds(), pause.reason, pause.mark) == (seconds, reason, mark)
    assert error.type in PAUSING


@pytest.mark.parametrize("error", [FetchFailed("cut").to_failure(), ValueError("no"), None])
def test_anything_else_is_no_pause(error: BaseException | None):
    assert pause_for(error, 0) is None


class Busy(Outside):
    """Send calls away so many times."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    @activity.defn(name="fetch")
    async def fetch(self, request: FetchRequest) -> Response:
        self.fetched.append(request)
        if self.times:
            self.times -= 1
            raise TURN.to_failure()
        return Response(status=200)


@pytest.mark.server
async def test_a_call_that_comes_too_early_uses_up_no_attempt_and_says_later_that_it_has_waited(
    virtual_time: WorkflowEnvironment,
):
    busy = Busy(3)
    async with working(virtual_time.client, busy, workflows=PACE_FLOWS) as queue:
        handle = await start(virtual_time.client, queue, "Fetches", "https://api.notion.com/v1/pages/1")
        assert (await ended(handle)).result == 200
    assert [request.turned for request in busy.fetched] == [False, True, True, True]
    history = await handle.fetch_history()
    timers = [event for event in history.events if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED]
    lengths = [event.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta() for event in timers]
    assert lengths == [timedelta(seconds=TURN.wait)] * 3
    (summary,) = await virtual_time.client.data_converter.decode([timers[0].user_metadata.summary])
    assert summary == "waiting for my-notion's turn · start · GET api.notion.com/v1/pages/1"


def test_a_request_says_nothing_of_turns_before_it_has_waited():
    request = FetchRequest(url="https://example.com/")
    assert "turned" not in request.model_dump()
    assert request.model_copy(update={"turned": True}).model_dump()["turned"] is True
