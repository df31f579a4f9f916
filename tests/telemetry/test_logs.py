"""Every line says where it belongs, whichever process writes it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from logs import make_formatter
from tests.telemetry.stage import HANDLE, TITLE, Stage

pytestmark = pytest.mark.server


def one(lines: list[dict[str, Any]], text: str) -> dict[str, Any]:
    found = [line for line in lines if text in line["message"]]
    assert len(found) == 1, f"{text!r} stands in {len(found)} lines of {lines}"
    return found[0]


async def test_the_line_of_a_trigger_names_the_run_that_it_started(stage: Stage, recorded: str):
    line = one(stage.lines_of(recorded), "POST /hooks/{workflow}/{secret} 202")
    assert line["logger"] == "api.access"
    assert line["workflow"] == "RecordOrder"


async def test_a_line_of_a_step_says_which_attempt_wrote_it_and_is_not_written_again_on_replay(
    stage: Stage, recorded: str
):
    first = one(stage.lines_of(recorded), "not yet (attempt 1 of 2")
    assert {name: first[name] for name in ("workflow", "step", "branch", "attempt")} == {
        "workflow": "RecordOrder", "step": "create_record", "branch": 1, "attempt": 1,
    }  # fmt: skip
    assert one(stage.lines_of(recorded), "recorded")["attempt"] == 2
    colours = [line["fields"] for line in stage.lines_of(recorded) if line.get("fields")]
    assert colours == [{"colour": "blue"}]


async def test_a_line_of_a_call_names_the_step_and_the_connection(stage: Stage, recorded: str):
    line = one(stage.lines_of(recorded), "Completing activity as failed")
    assert {name: line[name] for name in ("workflow", "step", "branch", "attempt", "call", "connection")} == {
        "workflow": "RecordOrder", "step": "create_record", "branch": 1, "attempt": 2, "call": "notion",
        "connection": HANDLE,
    }  # fmt: skip


async def test_a_line_for_people_names_run_and_step(stage: Stage):
    record = logging.makeLogRecord({"name": "steps", "msg": "well", "levelname": "INFO", "run": "a/1", "step": "start"})
    assert "info    steps [a/1 start] well" in make_formatter("text").format(record)


async def test_no_line_holds_what_a_run_works_on(stage: Stage, recorded: str):
    assert stage.lines_of(recorded)
    assert TITLE not in str(stage.log.lines)
    assert "ntn_canary_" not in str(stage.log.lines)


async def test_a_line_outside_of_runs_says_nothing_of_one(stage: Stage):
    logging.getLogger("worker").info("nobody's line")
    line = one(stage.log.lines, "nobody's line")
    assert line.keys() == {"at", "level", "logger", "message"}
