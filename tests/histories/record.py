"""Record the histories that the replay test holds the engine to: `python -m tests.histories.record [CASE ...]`.

A history that no longer replays means that a deploy of the change parks the runs that are under way. Record anew only
when that is meant.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

from temporalio.client import WorkflowHistory
from temporalio.testing import WorkflowEnvironment

from temporal import plugin
from tests.conftest import binary
from tests.steps.harness import Outside, ended, runs_of, start, working

FOLDER = Path(__file__).parent
CASES: dict[str, tuple[str, Any]] = {
    "wait_call_and_failure": ("Journey", None),
    "fan_out_with_a_failure": ("FanOut", {"branches": 4, "bad": [2], "delay": 1}),
    "parallel_calls": ("FanCalls", 4),
    "first_and_second_to_see": ("Dedupes", {"keys": ["a", "b", "a"], "window": 1, "again": 3}),
    "rolled_over": ("Long", {"left": 8, "log_every": 4, "call_every": 2}),
}
# What tells where it was recorded; replay reads neither.
_PLACES = re.compile(r'"(identity|stackTrace)": "(?:[^"\\]|\\.)*"')


async def record(cases: list[str]) -> None:
    """Run each case on a real server, and keep the history of each of its runs."""
    async with (
        await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
            dev_server_existing_path=binary("temporal"),
            dev_server_log_level="error",
            dev_server_extra_args=["--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=25"],
            plugins=[plugin()],
            identity="recorder",  # else the task queue's name has the machine's
        ) as environment,
        working(environment.client, Outside({"TABLE": "t1"}), queue="recorder") as queue,
    ):
        for case in cases or CASES:
            name, data = CASES[case]
            handle = await start(environment.client, queue, name, data)
            await ended(handle)
            runs = await runs_of(environment.client, handle)
            for number, run in enumerate(runs, start=1):
                keep(f"{name}.{case}{number if len(runs) > 1 else ''}", run)


def keep(name: str, run: WorkflowHistory) -> None:
    """Write a history without what tells where it was recorded."""
    text = _PLACES.sub(lambda match: f'"{match[1]}": ""', run.to_json())
    (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(record(sys.argv[1:]))
