"""How a run rolls over to a new Temporal run, and what survives it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from steps.claims import Claims
from steps.journal import Journal
from steps.run import MAX_RUNNING, Run
from temporal import plugin
from tests.conftest import binary
from tests.steps.harness import Outside, ended, messages, runs_of, start, working

pytestmark = pytest.mark.server

SUGGESTED_AT = 40


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def impatient() -> AsyncIterator[Client]:
    """A server that asks for a roll-over at 40 events, where others ask at 4,096."""
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        dev_server_existing_path=binary("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=[
            "--dynamic-config-value", f"limit.historyCount.suggestContinueAsNew={SUGGESTED_AT}",
        ],
        plugins=[plugin()],
    ) as environment:  # fmt: skip
        yield environment.client


async def test_a_chain_that_makes_no_history_rolls_over_by_count_and_everything_survives(
    dev_server: WorkflowEnvironment,
):
    client, outside = dev_server.client, Outside({"TABLE": "t1"})
    async with working(client, outside) as queue:
        handle = await start(client, queue, "Long", {"left": 2_500, "log_every": 500, "call_every": 0})
        record = await ended(handle)
        runs = await runs_of(client, handle)
    assert len(runs) == 3
    assert max(len(run.events) for run in runs) < 30
    assert record.steps_done == 2_502
    assert (record.result["left"], record.result["headers"], record.result["table"]) == (0, {"x-from": "test"}, "t1")
    assert record.result["started"] == str(record.started_at)
    assert [line.fields["left"] for line in record.log if line.message == "at"] == [2_500, 2_000, 1_500, 1_000, 500, 0]
    assert [failure.message for failure in record.failures] == ["early"]
    assert record.log[-1].fields == {"failures": ["early"], "table": "t1"}
    assert messages(record).count("error hook") == 1
    assert outside.variables_read == 1, "the variables are read once per run, not once per roll"


async def test_a_chain_of_calls_rolls_over_when_the_server_suggests_it(impatient: Client):
    outside = Outside({"TABLE": "t1"})
    async with working(impatient, outside) as queue:
        handle = await start(impatient, queue, "Long", {"left": 20, "log_every": 10, "call_every": 1})
        record = await ended(handle)
        runs = await runs_of(impatient, handle)
    assert len(runs) > 2
    assert max(len(run.events) for run in runs) < SUGGESTED_AT + 30
    assert [call.url for call in outside.fetched] == [f"https://example.com/{left}" for left in range(20, -1, -1)]
    assert record.result["left"] == 0
    assert record.steps_done == 22
    assert outside.variables_read == 1


async def test_sleeping_branches_do_not_make_a_run_roll_for_ever(impatient: Client):
    async with working(impatient) as queue:
        handle = await start(impatient, queue, "FanOut", {"branches": 300, "delay": 2, "bad": [7, 77]})
        record = await ended(handle)
        runs = await runs_of(impatient, handle)
    assert sorted(line.fields["number"] for line in record.log if line.message == "ended") == [
        number for number in range(300) if number not in (7, 77)
    ]
    assert record.steps_done == 299
    assert len(runs) < 10
    assert [failure.message for failure in record.failures] == ["branch 7 is bad", "branch 77 is bad"]


async def test_branches_that_fail_before_a_roll_reach_the_error_hook_once_after_it(impatient: Client):
    outside = Outside({"TABLE": "t1"})
    async with working(impatient, outside) as queue:
        handle = await start(impatient, queue, "Long", {"left": 9, "log_every": 100, "call_every": 1})
        record = await ended(handle)
        assert len(await runs_of(impatient, handle)) > 1
    hooks = [line.fields for line in record.log if line.message == "error hook"]
    assert hooks == [{"failures": ["early"], "table": "t1"}]
    assert record.failure_count == 1


async def test_hundreds_of_calls_at_once_are_made_two_hundred_at_a_time(dev_server: WorkflowEnvironment):
    client, outside = dev_server.client, Outside()
    async with working(client, outside, max_concurrent_activities=1_000) as queue:
        handle = await start(client, queue, "FanCalls", 500)
        record = await ended(handle)
    assert sorted(outside.entered) == list(range(500)), "each was made once"
    assert 20 < outside.most_inside <= MAX_RUNNING
    assert record.steps_done == 501
    assert not record.failures


class Asked:
    """What the server says about a run, as a test says it."""

    def __init__(self) -> None:
        self.too_long = self.newer = False

    def is_continue_as_new_suggested(self) -> bool:
        return self.too_long

    def is_target_worker_deployment_version_changed(self) -> bool:
        return self.newer


@pytest.mark.parametrize("sign", ["too_long", "newer"])
def test_a_wish_to_roll_stays_when_its_reason_goes(monkeypatch: pytest.MonkeyPatch, sign: str):
    """A deploy that is rolled back takes its flag along; a branch that waited for the roll would never start."""
    asked = Asked()
    monkeypatch.setattr("steps.run.workflow", SimpleNamespace(info=lambda: asked))
    run: Any = object.__new__(Run)
    run._rolling, run.journal, run.claims = False, Journal(0), Claims([])
    assert not run._roll_wanted()
    setattr(asked, sign, True)
    assert run._roll_wanted()
    setattr(asked, sign, False)
    assert run._roll_wanted()
