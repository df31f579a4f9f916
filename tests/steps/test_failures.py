"""What a step may raise, log and return, however awkward: the run ends, and says so."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.testing import WorkflowEnvironment

from tests.steps.harness import ended, messages, runs_of, start

pytestmark = pytest.mark.server


@pytest.mark.parametrize(
    ("what", "type_", "says"),
    [
        ("itself", "RuntimeError", "its own cause"),
        ("causes", "RuntimeError", "499"),
        ("long", "RuntimeError", "é" * 1_999 + "…"),
        ("surrogate", "RuntimeError", "half a pair: ?"),
        ("unspeakable", "Unspeakable", "<Unspeakable, whose __str__ raised KeyError>"),
        ("exit", "SystemExit", "the step wants to leave"),
        ("recursion", "RecursionError", "maximum recursion depth exceeded"),
    ],
)
async def test_a_step_may_raise_anything_and_its_run_fails_with_it(
    dev_server: WorkflowEnvironment, served: str, what: str, type_: str, says: str
):
    handle = await start(dev_server.client, served, "Awkward", what)
    record = await asyncio.wait_for(ended(handle), 20)
    [failure] = record.failures
    assert failure.type == type_
    assert failure.message.startswith(says)
    assert messages(record)[1:] == ["error hook", "Unspeakable: <Unspeakable, whose __str__ raised KeyError>"]


async def test_a_log_line_never_fails_a_step_nor_hangs_a_run(dev_server: WorkflowEnvironment, served: str):
    handle = await start(dev_server.client, served, "Awkward", "log")
    record = await asyncio.wait_for(ended(handle), 20)
    assert record.result == "logged"
    assert messages(record) == ["<Unspeakable, whose __str__ raised KeyError>", "half ?"]


async def test_a_run_whose_record_is_full_still_rolls_over_and_ends(dev_server: WorkflowEnvironment, served: str):
    handle = await start(dev_server.client, served, "Heavy", {"sleepers": 4, "delay": 1})
    record = await asyncio.wait_for(ended(handle), 60)
    *rolled, _ = await runs_of(dev_server.client, handle)
    carried = [run.events[-1].workflow_execution_continued_as_new_event_attributes.input for run in rolled]
    assert 1_700_000 < max(len(one.payloads[0].data) for one in carried) < 2 * 1024 * 1024
    assert record.failure_count == 600
    assert 0 < len(record.failures) < 600, "as many as fit; all are counted"
    assert record.log_dropped > 0
    assert len(record.store) == 2
    assert record.answer
    assert (len(record.answer.value), len(record.result)) == (32_600, 131_000)
    assert messages(record).count("woke") == 4
    assert record.steps_done == 605
