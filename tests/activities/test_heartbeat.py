from __future__ import annotations

import dataclasses
from datetime import timedelta
from typing import Any

import pytest
from temporalio.testing import ActivityEnvironment

import activities.heartbeat
from activities.exchange import NotSent
from activities.heartbeat import Pulse, heartbeats

TEN, HOUR = timedelta(seconds=10), timedelta(hours=1)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The monotonic clock, and the one on the wall."""
    now = [1_000.0, 9_000.0]
    monkeypatch.setattr(activities.heartbeat.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(activities.heartbeat.time, "time", lambda: now[1])
    monkeypatch.setattr(activities.heartbeat.activity, "heartbeat", lambda: None)
    return now


def forward(clocks: list[float], seconds: float) -> None:
    clocks[0] += seconds
    clocks[1] += seconds


def test_a_worker_that_keeps_beating_may_send(clocks: list[float]) -> None:
    pulse = Pulse(TEN, HOUR)
    for _ in range(5):
        forward(clocks, 4)
        pulse.check()
        pulse.beat()


@pytest.mark.parametrize("clock", [0, 1])
def test_a_worker_that_stood_still_sends_nothing_any_more(clocks: list[float], clock: int) -> None:
    """The monotonic clock does not count while a machine is suspended; the one on the wall does."""
    pulse = Pulse(TEN, HOUR)
    clocks[clock] += 6
    with pytest.raises(NotSent, match="stood still"):
        pulse.check()
    pulse.beat()  # late: Temporal may have given the attempt up
    with pytest.raises(NotSent):
        pulse.check()


def test_a_beat_that_comes_before_the_check_hides_nothing(clocks: list[float]) -> None:
    pulse = Pulse(TEN, HOUR)
    forward(clocks, 6)
    pulse.beat()
    with pytest.raises(NotSent):
        pulse.check()


def test_nothing_is_sent_when_the_attempt_is_nearly_over(clocks: list[float]) -> None:
    pulse = Pulse(TEN, timedelta(seconds=12))
    for _ in range(2):
        forward(clocks, 3)
        pulse.beat()
        pulse.check()
    forward(clocks, 3)
    with pytest.raises(NotSent, match="too little time"):
        pulse.check()


def test_without_a_heartbeat_time_out_nobody_is_given_up(clocks: list[float]) -> None:
    pulse = Pulse(None, timedelta(seconds=1))
    forward(clocks, 600)
    pulse.check()


@pytest.mark.parametrize("fails", [True, False])
async def test_what_an_attempt_leaves_is_told_when_it_fails(fails: bool) -> None:
    told: list[Any] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda *details: told.append(details)
    environment.info = dataclasses.replace(environment.info, heartbeat_timeout=TEN)

    async def attempt() -> None:
        async with heartbeats() as pulse:
            pulse.left = {"attempt": 1}
            if fails:
                raise ValueError("it failed")

    try:
        await environment.run(attempt)
    except ValueError:
        assert told == [({"attempt": 1},)]
    else:
        assert told == []
