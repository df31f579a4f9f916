"""What a run is given at its start: it needs no look into the vault, and keeps what it got over roll-overs."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.client import WorkflowHandle, WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from steps.given import Given, give
from steps.sealed import PATTERN, make_reference
from tests.steps.harness import PROOF, Outside, ended, run, runs_of, start, working
from vault import Signer

TOKEN = make_reference("connection", "my-notion", PROOF)
GIVEN = {"env": {"TABLE": "t2"}, "connections": {"my-notion": TOKEN}}


def looks(history: WorkflowHistory) -> int:
    """Count the local activities."""
    return sum(event.HasField("marker_recorded_event_attributes") for event in history.events)


async def with_given(env: WorkflowEnvironment, name: str, data: Any, outside: Outside) -> WorkflowHandle[Any, Any]:
    async with working(env.client, outside) as queue:
        handle = await start(env.client, queue, name, data, given=GIVEN)
        await ended(handle)
        return handle


async def test_a_run_with_what_it_needs_looks_nothing_up(virtual_time: WorkflowEnvironment):
    outside = Outside({"TABLE": "t1"})
    handle = await with_given(virtual_time, "TakesToken", "my-notion", outside)
    record = await ended(handle)
    assert record.result == {"header": f"Bearer {TOKEN}", "type": "SealedToken"}
    assert outside.variables_read == outside.connections_read == 0
    assert looks(await handle.fetch_history()) == 0


async def test_a_connection_that_was_not_given_is_looked_up(virtual_time: WorkflowEnvironment):
    outside = Outside()
    handle = await with_given(virtual_time, "TakesToken", "other", outside)
    record = await ended(handle)
    assert [failure.type for failure in record.failures] == ["connection-not-found"]
    assert (outside.variables_read, outside.connections_read) == (0, 1)


async def test_a_run_that_was_given_nothing_looks_once_for_all_of_it(virtual_time: WorkflowEnvironment):
    outside = Outside(given=Given(env={"TABLE": "t1"}, connections={"my-notion": TOKEN}))
    record = await run(virtual_time.client, "TakesToken", "my-notion", outside)
    assert not record.failures
    assert (outside.variables_read, outside.connections_read) == (1, 0)


async def test_what_a_run_was_given_survives_the_roll_over(dev_server: WorkflowEnvironment):
    outside = Outside({"TABLE": "t1"})
    handle = await with_given(dev_server, "Long", {"left": 1_500, "log_every": 500, "call_every": 0}, outside)
    runs = await runs_of(dev_server.client, handle)
    assert len(runs) == 2
    assert (await ended(handle)).result["table"] == "t2"
    assert outside.variables_read == 0
    assert [looks(each) for each in runs] == [0, 0]


def test_secret_values_are_references_that_open_for_the_workflow_alone():
    signer = Signer(b"k" * 32)
    given = give("Flow", {"TABLE": "t1", "KEY": None}, ["my-notion"], signer.sign)
    assert given.env["TABLE"] == "t1"
    for text in (given.env["KEY"], given.connections["my-notion"]):
        match = PATTERN.fullmatch(text)
        assert match
        assert signer.matches("seal:Flow", f"{match[1]}:{match[2]}", match[3])
        assert not signer.matches("seal:Other", f"{match[1]}:{match[2]}", match[3])


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ({"TABLE": "t1"}, Given(env={"TABLE": "t1"})),
        ({}, Given()),
        ({"env": {"TABLE": "t1"}}, Given(env={"TABLE": "t1"})),
        ({"env": {}, "connections": {"a": "b"}}, Given(connections={"a": "b"})),
    ],
)
def test_variables_alone_are_understood_as_earlier_builds_wrote_them(text: dict[str, Any], given: Given):
    assert Given.model_validate(text) == given
