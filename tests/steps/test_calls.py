"""The calls that a step makes: by `fetch`, and of an activity of its own."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.steps.harness import Outside, run


async def test_fetch_returns_a_404_and_raises_only_when_the_network_fails(virtual_time: WorkflowEnvironment):
    calls = [
        {"url": "https://example.com/missing"},
        {"url": "https://example.com/there", "method": "post", "json": {"a": 1}},
    ]
    outside = Outside()
    record = await run(virtual_time.client, "Fetches", calls, outside)
    assert [answer["status"] for answer in record.result] == [404, 200]
    sent = {call.method: call.json_body for call in outside.fetched}  # at the same time, so in either order
    assert sent == {"GET": None, "POST": {"a": 1}}


@pytest.mark.parametrize(
    ("failures", "retry", "attempts", "fails"), [(4, None, 5, False), (5, None, 5, True), (1, 1, 1, True)]
)
async def test_a_network_failure_is_tried_again_as_asked(
    virtual_time: WorkflowEnvironment, failures: int, retry: int | None, attempts: int, fails: bool
):
    outside = Outside()
    outside.failures_left = failures
    record = await run(virtual_time.client, "Fetches", [{"url": "https://example.com/", "retry": retry}], outside)
    assert len(outside.fetched) == attempts
    assert [failure.type for failure in record.failures] == (["fetch-failed"] if fails else [])


@pytest.mark.parametrize(
    "call",
    [
        {"url": "https://example.com/?t=sealed:connection:my-notion:" + "p" * 43},
        {"url": "https://example.com/", "json": {}, "content": "x"},
    ],
)
async def test_a_call_that_makes_no_sense_is_refused_before_it_leaves(
    virtual_time: WorkflowEnvironment, call: dict[str, Any]
):
    outside = Outside()
    record = await run(virtual_time.client, "Fetches", [call], outside)
    assert record.failures[0].type == "payload-invalid"
    assert not outside.fetched


async def test_an_activity_of_ones_own(virtual_time: WorkflowEnvironment):
    assert (await run(virtual_time.client, "CallsOwn", "hello")).result == "HELLO"
    failure = (await run(virtual_time.client, "CallsOwn", "")).failures[0]
    assert (failure.type, failure.message) == ("call-failed", "shout failed: empty: nothing to shout")


async def test_a_vault_that_does_not_work_uses_up_no_attempt(virtual_time: WorkflowEnvironment):
    outside = Outside()
    outside.vault_failures_left = 7
    record = await run(virtual_time.client, "Fetches", [{"url": "https://example.com/", "retry": 1}], outside)
    assert not record.failures
    assert len(outside.fetched) == 8
