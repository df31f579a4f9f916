"""When no event comes in time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.steps.harness import ended, messages, run
from tests.steps.waiting import opened, refusal


async def test_when_no_event_comes_the_branch_ends_and_the_log_says_so(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "WaitsOnce", {"wait": {"timeout": "400 days"}})
    assert record.result is None
    assert record.steps_done == 1
    (line,) = record.log
    assert (line.level, line.step) == ("warning", "resumed")
    assert line.message.startswith("No event came for resumed until ")
    assert line.message.endswith("the branch ends")
    assert record.started_at is not None
    assert timedelta(days=400) <= line.at - record.started_at < timedelta(days=400, minutes=1)


async def test_when_no_event_comes_on_timeout_runs_with_the_payload(virtual_time: WorkflowEnvironment):
    wait = {"timeout": "30 days", "payload": {"order": "#1"}, "on_timeout": "expired"}
    record = await run(virtual_time.client, "WaitsOnce", {"wait": wait})
    assert record.result == {"expired": {"order": "#1"}, "step": "expired"}
    assert record.steps_done == 2


async def test_a_wait_that_runs_out_before_its_step_returns_expires_when_it_does(virtual_time: WorkflowEnvironment):
    data = {"wait": {"timeout": 10, "on_timeout": "expired"}, "linger": 60}
    record = await run(virtual_time.client, "WaitsOnce", data)
    assert record.result["step"] == "expired"


@pytest.mark.server
async def test_an_event_after_the_deadline_is_refused(dev_server: WorkflowEnvironment, served: str):
    handle, token = await opened(dev_server.client, served, wait={"timeout": 0}, linger=2)
    assert (await refusal(handle, token)).type == "wait-expired"
    await ended(handle)


async def test_all_ways_to_wait_may_run_out(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "ThreeWays")
    assert [message.partition(" for ")[0] for message in messages(record)] == [
        "tick", "No event came", "reminder", "No event came", "No event came",
    ]  # fmt: skip
    assert not record.failures
