from __future__ import annotations

import time
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.exceptions import ApplicationError, CancelledError
from temporalio.testing import WorkflowEnvironment

from tests.conftest import eventually
from tests.steps.harness import Outside, ended, messages, run, start, working


async def test_a_run_ends_with_the_value_of_its_last_step(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Chain", {"steps": 3})
    assert record.result == {"left": 0, "headers": {"x-from": "test"}}
    assert record.steps_done == 4
    assert not record.failures


async def test_three_days_of_delay_take_no_time(virtual_time: WorkflowEnvironment):
    began = time.monotonic()
    record = await run(virtual_time.client, "Chain", {"steps": 1, "delay": "3 days"})
    assert record.steps_done == 2
    assert time.monotonic() - began < 100  # a real wait would be 259,200; the bound is wide, for a loaded machine


async def test_a_delay_counts_from_the_call(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Durations")
    assert record.result == pytest.approx(300, abs=2)


async def test_branches_run_side_by_side_and_the_last_one_ends_the_run(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "FanOut", {"branches": 30, "delay": "1 hr"})
    assert sorted(line.fields["number"] for line in record.log if line.message == "ended") == list(range(30))
    assert messages(record)[-1] == "complete"


async def test_a_failed_branch_does_not_stop_its_siblings_and_the_hook_sees_every_failure(
    virtual_time: WorkflowEnvironment,
):
    record = await run(virtual_time.client, "FanOut", {"branches": 10, "bad": [2, 5]})
    assert len([text for text in messages(record) if text == "ended"]) == 8
    assert [(failure.step, failure.type, failure.message) for failure in record.failures] == [
        ("branch", "RuntimeError", "branch 2 is bad"),
        ("branch", "RuntimeError", "branch 5 is bad"),
    ]
    assert record.log[-1].fields == {"failed": 2, "type": "run-failed"}
    assert "complete" not in messages(record)


async def test_the_failure_names_the_step_and_counts_the_others(virtual_time: WorkflowEnvironment):
    async with working(virtual_time.client) as queue:
        handle = await start(virtual_time.client, queue, "FanOut", {"branches": 3, "bad": [0, 1, 2]})
        with pytest.raises(WorkflowFailureError) as caught:
            await handle.result()
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.message == "Step branch failed (and 2 more): RuntimeError: branch 0 is bad"


async def test_a_step_that_raises_has_armed_nothing(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "ArmThenFail")
    assert "never happens" not in messages(record)
    assert record.failures[0].message == "after asking"


async def test_nothing_survives_in_self(virtual_time: WorkflowEnvironment):
    assert (await run(virtual_time.client, "FreshInstance")).result == "gone"


async def test_a_typed_payload_arrives_as_its_model(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Typed", {"name": "1001", "total": "12.50"})
    assert record.result == {"type": "Order", "total": 12.5}


async def test_a_wrong_payload_names_its_fields(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Typed", {"total": "a lot"})
    assert record.failures[0].type == "payload-invalid"
    assert "field `name`" in record.failures[0].message
    assert "field `total`" in record.failures[0].message


@pytest.mark.parametrize(
    ("request_", "type_", "says"),
    [
        ({"action": "othr"}, "step-unknown", "Did you mean 'other'?"),
        ({"action": "start"}, "step-unknown", "it cannot be scheduled"),
        ({"action": "on_workflow_complete"}, "step-unknown", "Its steps: other"),
        ({"action": "_execute"}, "step-unknown", "has no step"),
        ({"action": "record"}, "step-unknown", "has no step"),
        ({"action": "other", "delay": "1 month"}, "delay-invalid", "no fixed length"),
        ({"action": "other", "delay": -1}, "delay-invalid", "negative"),
        ({"action": "other", "delay": "401 days"}, "delay-invalid", "400 days"),
        ({"action": "other", "payload": "x" * 300_000}, "payload-too-large", "the limit is 262144"),
    ],
)
async def test_a_wrong_request_fails_the_step_with_what_to_do(
    virtual_time: WorkflowEnvironment, request_: dict[str, Any], type_: str, says: str
):
    record = await run(virtual_time.client, "Asks", request_)
    assert record.failures[0].type == type_
    assert says in record.failures[0].message


async def test_a_variable_is_read_and_a_missing_one_says_how_to_set_it(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Variables", "TABLE", Outside({"TABLE": "t1"}))
    assert record.result == {"value": "t1", "all": ["TABLE"], "sealed": "str"}
    record = await run(virtual_time.client, "Variables", "NOTION_DATABASE_ID", Outside({"TABLE": "t1"}))
    assert record.failures[0].type == "variable-not-found"
    assert "python cli.py variables set Variables NOTION_DATABASE_ID" in record.failures[0].message


async def test_a_secret_variable_is_a_sealed_token(virtual_time: WorkflowEnvironment):
    reference = "sealed:variable:KEY:" + "a" * 43
    record = await run(virtual_time.client, "Variables", "KEY", Outside({"KEY": reference}))
    assert record.result == {"value": reference, "all": ["KEY"], "sealed": "SealedToken"}


async def test_a_token_is_a_reference_that_goes_into_a_header(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "TakesToken", "my-notion")
    assert record.result == {"header": "Bearer sealed:connection:my-notion:" + "p" * 43, "type": "SealedToken"}


async def test_a_missing_connection_fails_the_step_with_its_own_error(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "TakesToken", "nope")
    assert (record.failures[0].type, record.failures[0].message) == (
        "connection-not-found",
        "No connection has the handle 'nope'.",
    )


async def test_a_hook_cannot_schedule_and_its_failure_changes_nothing(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "HooksMisbehave")
    assert record.result == "done"
    assert "hook" in record.log[-1].message
    assert record.log[-1].level == "error"


async def test_a_step_cannot_continue_as_new_by_itself(virtual_time: WorkflowEnvironment):
    assert "may not call" in (await run(virtual_time.client, "CallsContinueAsNew")).failures[0].message


async def test_a_branch_that_raises_cancelled_error_is_not_lost(virtual_time: WorkflowEnvironment):
    assert (await run(virtual_time.client, "CancelsItself")).failures[0].type == "CancelledError"


async def test_an_api_ends_with_its_step(virtual_time: WorkflowEnvironment):
    assert (await run(virtual_time.client, "LateAsk")).failures[0].type == "scheduling-refused"


async def test_a_subclass_inherits_steps_and_has_its_own_name(virtual_time: WorkflowEnvironment):
    assert (await run(virtual_time.client, "RenamedChild")).result == "shared by Child"


async def test_the_run_knows_itself(virtual_time: WorkflowEnvironment):
    facts = (await run(virtual_time.client, "Facts")).result
    assert facts["run_id"].startswith("Facts/")
    assert {**facts, "run_id": ""} == {
        "run_id": "", "workflow": "Facts", "step": "start", "attempt": 1, "uuids": 3, "random": True,
    }  # fmt: skip


async def test_the_log_keeps_the_newest_lines_and_never_fails_a_step(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Chatty", 1_500)
    assert len(record.log) == 1_000
    assert record.log_dropped == 501
    assert record.log[-1].message == "odd"


async def test_a_result_that_is_no_json_fails_its_step(virtual_time: WorkflowEnvironment):
    assert (await run(virtual_time.client, "ReturnsOdd")).failures[0].type == "payload-invalid"


async def test_a_cancelled_run_calls_the_error_hook_and_ends_as_cancelled(virtual_time: WorkflowEnvironment):
    async with working(virtual_time.client) as queue:
        handle = await start(virtual_time.client, queue, "FanOut", {"branches": 2, "delay": "300 days"})
        with virtual_time.auto_time_skipping_disabled():

            async def sleeps() -> bool:
                return (await handle.query("record"))["waiting_count"] == 2

            await eventually(sleeps)
            await handle.cancel()
            with pytest.raises(WorkflowFailureError) as caught:
                await handle.result()
        assert isinstance(caught.value.cause, CancelledError)
        record = await handle.query("record")
        assert record["log"][-1]["fields"] == {"failed": 0, "type": "cancelled"}


async def test_the_record_shows_what_runs_and_what_waits(virtual_time: WorkflowEnvironment):
    async with working(virtual_time.client) as queue:
        with virtual_time.auto_time_skipping_disabled():
            handle = await start(virtual_time.client, queue, "FanOut", {"branches": 30, "delay": "1 day"})

            async def all_wait() -> dict[str, Any]:
                seen = await handle.query("record")
                assert seen["waiting_count"] == 30
                return seen

            record = await eventually(all_wait)
            assert len(record["waiting"]) == 20
            assert record["waiting"][0]["step"] == "branch"
        assert (await ended(handle)).waiting_count == 0


async def test_a_step_does_not_run_inside_the_one_that_asked_for_it(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Marks", {"left": 5})
    assert record.result == {"seen": 0}
