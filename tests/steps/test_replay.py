"""Runs that an earlier build began go on with this one: their recorded histories replay."""

from __future__ import annotations

from pathlib import Path

import pytest
from temporalio.worker import Replayer
from temporalio.workflow import NondeterminismError

from commands.recorded import read
from temporal import plugin
from tests.steps.changed import Journey as ChangedJourney
from tests.steps.dedupe_flows import DEDUPE_FLOWS
from tests.steps.flows import FLOWS
from tests.steps.join_flows import JOIN_FLOWS
from tests.steps.wait_flows import WAIT_FLOWS

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.json"))


@pytest.mark.parametrize("path", HISTORIES, ids=[path.stem for path in HISTORIES])
async def test_a_recorded_run_replays(path: Path):
    await Replayer(workflows=FLOWS + DEDUPE_FLOWS + JOIN_FLOWS + WAIT_FLOWS, plugins=[plugin()]).replay_workflow(
        read(path)
    )


def test_there_is_a_history_of_a_wait_a_call_a_failure_and_a_roll():
    assert {path.stem.split(".")[0] for path in HISTORIES} >= {"Journey", "FanOut", "FanCalls", "Long", "WaitsOnce"}


async def test_a_change_of_the_order_of_calls_is_noticed():
    [path] = [path for path in HISTORIES if path.stem.startswith("Journey.")]
    with pytest.raises(NondeterminismError):
        await Replayer(workflows=[ChangedJourney], plugins=[plugin()]).replay_workflow(read(path))


@pytest.mark.parametrize("path", HISTORIES, ids=[path.stem for path in HISTORIES])
def test_a_recorded_history_does_not_tell_where_it_was_recorded(path: Path):
    text = path.read_text(encoding="utf-8")
    assert "@" not in text
    assert 'File \\"' not in text
