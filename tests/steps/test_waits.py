"""`api.wait_for_event`: a step that an outside event wakes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Replayer

from steps import RunRecord
from steps.resume_token import make_token, read_token
from temporal import plugin
from tests.conftest import eventually
from tests.steps.harness import SIGNER, Outside, ended, messages, run, runs_of, start, working
from tests.steps.wait_flows import WAIT_FLOWS
from tests.steps.waiting import armed, opened, refusal, resume, stored, tokens_of


@pytest.mark.server
async def test_the_step_runs_with_its_payload_and_what_was_sent(dev_server: WorkflowEnvironment, served: str):
    handle, token = await opened(dev_server.client, served, wait={"payload": {"order": "#1"}})
    (waiting,) = (await armed(handle)).waiting
    assert waiting.step == "resumed"
    assert waiting.wait_id == read_token(token).wait_id  # pyright: ignore[reportOptionalMemberAccess]  # None would fail the test
    answer = await resume(handle, token, {"approved": True})
    assert answer.step == "resumed"
    record = await ended(handle)
    assert record.result == {"resumed": {"order": "#1", "event": {"approved": True}}, "step": "resumed"}
    assert record.store["resume_url"] == f"http://steps.test/resume/{token}"
    assert record.steps_done == 2


@pytest.mark.server
async def test_without_a_payload_the_event_stands_alone(dev_server: WorkflowEnvironment, served: str):
    handle, token = await opened(dev_server.client, served)
    await resume(handle, token)
    assert (await ended(handle)).result["resumed"] == {"event": None}


@pytest.mark.server
async def test_an_event_that_comes_before_the_step_has_returned_is_kept(dev_server: WorkflowEnvironment, served: str):
    handle, token = await opened(dev_server.client, served, linger=1)
    await resume(handle, token, {"early": True})
    assert not (await handle.query("record", result_type=RunRecord)).waiting
    record = await ended(handle)
    assert record.result["resumed"] == {"event": {"early": True}}
    assert record.steps_done == 2


@pytest.mark.server
@pytest.mark.parametrize("early", [False, True])
async def test_a_step_that_fails_has_armed_nothing_and_its_wait_is_withdrawn(
    dev_server: WorkflowEnvironment, served: str, early: bool
):
    handle, token = await opened(dev_server.client, served, linger=1, fail=True)
    if early:
        await resume(handle, token, "lost with its step")
    record = await ended(handle)
    assert [failure.message for failure in record.failures] == ["after the wait was opened"]
    assert record.result is None
    assert record.log[-1].fields == {"open": False}
    view = await handle.query("wait", read_token(token).wait_id)  # pyright: ignore[reportOptionalMemberAccess]  # None would fail the test
    assert view["state"] == ("used" if early else "withdrawn")


@pytest.mark.server
async def test_a_second_click_gets_the_first_result_and_its_event_is_not_taken(
    dev_server: WorkflowEnvironment, served: str
):
    client = dev_server.client
    handle = await start(client, served, "WaitsALot", {"waits": 2, "churn": 0})
    await stored(handle, "churned")
    token, _ = await stored(handle, "tokens")
    clicks = await asyncio.gather(
        *(resume(handle, token, {"add": number}, click=str(number)) for number in range(1, 6))
    )
    assert len({(answer.click, answer.at) for answer in clicks}) == 1
    taken = int(clicks[0].click)
    error = await refusal(handle, token, {"add": 100})
    assert (error.type, error.details[0]["step"]) == ("wait-used", "resumed")
    assert await stored(handle, "sum") == taken
    await handle.terminate()


@pytest.mark.server
async def test_what_nothing_waits_for_is_refused(dev_server: WorkflowEnvironment, served: str):
    handle, token = await opened(dev_server.client, served, wait={"payload": {"x": "y" * 150_000}})
    unknown = make_token(handle.id, "0" * 32, lambda text: SIGNER.sign("resume", text))
    assert (await refusal(handle, unknown)).type == "wait-unknown"
    assert (await refusal(handle, token, "z" * 120_000)).type == "payload-too-large"
    await resume(handle, token, "small")
    assert (await ended(handle)).result["resumed"]["event"] == "small"


@pytest.mark.server
async def test_three_ways_to_wait_in_one_run_and_the_losers_are_withdrawn(dev_server: WorkflowEnvironment, served: str):
    handle = await start(dev_server.client, served, "ThreeWays")
    mail, chat, slow = await tokens_of(handle, 3)
    await armed(handle)
    await resume(handle, chat, {"yes": True})

    async def answered() -> RunRecord:
        record = await handle.query("record", result_type=RunRecord)
        assert "answered" in messages(record)
        return record

    record = await eventually(answered)
    assert record.log[-1].fields == {"way": "chat", "event": {"yes": True}, "withdrawn": [True, False, True]}
    assert [(step.step, step.wait_id) for step in record.waiting] == [("tick", None)], "the timer goes on"
    for loser in (mail, slow):
        assert (await refusal(handle, loser)).type == "wait-withdrawn"
    await handle.terminate()


async def test_a_wait_can_be_withdrawn_by_the_step_that_opened_it(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "WaitsOnce", {"wait": {}, "cancel": True})
    assert [line.fields for line in record.log] == [{"open": True, "again": False}]
    assert record.steps_done == 1


@pytest.mark.parametrize(
    ("wait", "kind"),
    [
        ({"payload": [1]}, "payload-invalid"),
        ({"payload": "text"}, "payload-invalid"),
        ({"timeout": "401 days"}, "delay-invalid"),
        ({"timeout": "soon"}, "delay-invalid"),
        ({"on_timeout": "resumd"}, "step-unknown"),
        ({"on_timeout": "start"}, "step-unknown"),
        ({"redirect_url": "/thanks"}, "request-invalid"),
        ({"redirect_url": "javascript:alert(1)"}, "request-invalid"),
        ({"redirect_url": "https://a.example;script-src *"}, "request-invalid"),
        ({"redirect_url": "https://user@a.example/"}, "request-invalid"),
        ({"redirect_url": "https://a.example/\r\nx"}, "request-invalid"),
        ({"redirect_url": "https:///x"}, "request-invalid"),
        ({"redirect_url": "https://a.example/" + "x" * 1_000}, "request-invalid"),
        ({"redirect_url": 5}, "request-invalid"),
    ],
)
async def test_what_cannot_be_waited_for_fails_the_step(virtual_time: WorkflowEnvironment, wait: Any, kind: str):
    record = await run(virtual_time.client, "WaitsOnce", {"wait": wait})
    assert [failure.type for failure in record.failures] == [kind]


async def test_a_vault_that_does_not_work_is_waited_for(virtual_time: WorkflowEnvironment):
    outside = Outside()
    outside.vault_failures_left = 3
    record = await run(virtual_time.client, "WaitsOnce", {"wait": {"timeout": 60}}, outside)
    assert not record.failures


@pytest.mark.server
async def test_the_event_fits_the_declared_type_or_the_step_fails(dev_server: WorkflowEnvironment, served: str):
    for event, result in (({"approved": True}, "#1"), ("nonsense", None)):
        handle = await start(dev_server.client, served, "WaitsTyped")
        await resume(handle, await stored(handle), event)
        record = await ended(handle)
        assert record.result == result
        assert [failure.type for failure in record.failures] == ([] if result else ["payload-invalid"])


@pytest.mark.server
async def test_waits_survive_roll_overs_and_a_second_click_after_one_is_told_when(dev_server: WorkflowEnvironment):
    async with working(dev_server.client) as queue:
        handle = await start(dev_server.client, queue, "WaitsALot", {"waits": 300, "churn": 2_100})
        first, second, third = await stored(handle, "tokens")
        await stored(handle, "churned")
        assert (await handle.query("record", result_type=RunRecord)).waiting_count == 300
        answers = [await resume(handle, token, {"add": add}) for token, add in ((first, 1), (second, 2), (third, 3))]
        assert await stored(handle, "all")
        runs = await runs_of(dev_server.client, handle)
        assert len(runs) == 3
        timers = [event for event in runs[-1].events if event.HasField("timer_started_event_attributes")]
        assert len(timers) <= 2, "all waits share one timer"
        record = await handle.query("record", result_type=RunRecord)
        assert (record.store["numbers"], record.store["sum"], record.waiting_count) == ([0, 1, 2], 6, 297)
        error = await refusal(handle, second)
        assert error.type == "wait-used"
        assert error.details[0]["at"] == answers[1].at.isoformat().replace("+00:00", "Z")
        await handle.terminate()


@pytest.mark.server
async def test_a_worker_that_keeps_no_run_in_memory_does_the_same(dev_server: WorkflowEnvironment):
    async with working(dev_server.client, max_cached_workflows=0) as queue:
        handle, token = await opened(dev_server.client, queue, linger=1)
        await resume(handle, token, {"early": True})
        assert (await ended(handle)).result["resumed"] == {"event": {"early": True}}
        handle = await start(dev_server.client, queue, "ThreeWays")
        _, chat, _ = await tokens_of(handle, 3)
        await armed(handle)
        await resume(handle, chat, "yes")

        async def answered() -> bool:
            return "answered" in messages(await handle.query("record", result_type=RunRecord))

        await eventually(answered)
        await Replayer(workflows=WAIT_FLOWS, plugins=[plugin()]).replay_workflow(await handle.fetch_history())
        await handle.terminate()
