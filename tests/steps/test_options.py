"""`@step`: a step that is tried again, or may take only so long."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from steps import Retry, step
from steps.errors import DefinitionInvalid, FetchFailed, PayloadInvalid, StepUnknown
from steps.options import StepOptions
from tests.steps.harness import messages, run


async def test_a_step_that_fails_is_tried_again_after_growing_waits(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Retries", {"step": "flaky", "good": 4})
    assert record.result == {"attempt": 4}
    rows = [row for row in record.steps if row.step == "flaky"]
    assert [(row.attempt, row.outcome, row.error) for row in rows] == [
        (1, "retried", "RuntimeError: try 1"),
        (2, "retried", "RuntimeError: try 2"),
        (3, "retried", "RuntimeError: try 3"),
        (4, "completed", None),
    ]
    waits = [round(after.began - before.ended) for before, after in pairwise(rows)]
    assert waits == [10, 15, 15]
    assert not record.failures


async def test_only_the_attempt_that_succeeds_arms_the_next_step(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Retries", {"step": "flaky", "good": 3})
    assert messages(record).count("after") == 1


async def test_each_failed_attempt_is_a_warning_that_says_when_the_next_one_is(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Retries", {"step": "flaky", "good": 2})
    assert [(line.level, line.message) for line in record.log if line.step == "flaky"] == [
        ("warning", "RuntimeError: try 1 (attempt 1 of 4; the next one in 10 s)")
    ]


async def test_the_last_failure_is_the_step_s(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Retries", {"step": "flaky", "good": 9})
    assert [(failure.message, failure.attempt) for failure in record.failures] == [("try 4", 4)]
    assert record.log[-1].fields == {"failures": [4]}
    assert record.store == {"tries": 4}, "what a step changed in the store stays"


async def test_a_mistake_in_the_code_is_not_tried_again(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Retries", {"step": "hopeless"})
    assert [(row.attempt, row.outcome) for row in record.steps if row.step == "hopeless"] == [(1, "failed")]


async def test_an_attempt_over_its_limit_fails_and_the_next_one_has_its_own(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Retries", {"step": "slow", "good": 2})
    assert record.result == 2
    first, second = (row for row in record.steps if row.step == "slow")
    assert (first.outcome, first.error) == (
        "retried", "step-timed-out: slow took longer than its limit of 30 seconds.",
    )  # fmt: skip
    assert (round(first.ended - first.began), round(second.began - first.ended)) == (30, 5)


@pytest.mark.server
async def test_a_call_under_way_is_given_up_with_the_step(dev_server: WorkflowEnvironment):
    record = await run(dev_server.client, "Retries", {"step": "hangs"})
    assert [failure.type for failure in record.failures] == ["step-timed-out"]


async def test_a_time_limit_of_the_step_s_own_is_its_own(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "Retries", {"step": "own_timeout"})
    assert [failure.type for failure in record.failures] == ["TimeoutError"]


async def test_start_is_tried_again_too(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "RetriesStart", ["x"])
    assert record.result == {"attempt": 3, "size": 1}


async def test_a_start_with_more_data_than_a_payload_holds_is_not_kept_for_another_attempt(
    virtual_time: WorkflowEnvironment,
):
    record = await run(virtual_time.client, "RetriesStart", ["x" * 300_000])
    assert [(failure.step, failure.attempt) for failure in record.failures] == [("start", 1)]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"retry": 0}, "greater than or equal to 1"),
        ({"retry": 1_000}, "less than or equal to 100"),
        ({"timeout": 0}, "longer than 0 seconds"),
        ({"timeout": "soon"}, "not understood"),
        ({"timeout": "401 days"}, "longer than 400 days"),
    ],
)
def test_wrong_options_are_refused_when_the_class_is_written(options: dict[str, Any], says: str):
    with pytest.raises(DefinitionInvalid, match=says):
        step(**options)


@pytest.mark.parametrize(
    ("attempt", "error", "pause"),
    [
        (1, RuntimeError(), 10),
        (2, FetchFailed(), 20),
        (3, RuntimeError(), 30),
        (4, RuntimeError(), None),
        (1, PayloadInvalid(), None),
        (1, StepUnknown(), None),
    ],
)
def test_when_the_next_attempt_is(attempt: int, error: Exception, pause: int | None):
    options = StepOptions(Retry(attempts=4, backoff=10, longest=30))
    assert options.again(attempt, error) == (None if pause is None else timedelta(seconds=pause))
