"""Which of the guard's rules the real sandbox catches, too: each case is run on a worker, and parks, fails or ends."""

from __future__ import annotations

import asyncio
import gc
import importlib
import sys
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from tests.conftest import eventually
from tests.steps.guard_cases import CASES, HEAD, Case, flow
from tests.steps.harness import Outside, start, working

pytestmark = pytest.mark.server
SHOWN = [case for case in CASES if case.sandbox]
ENDS = {
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED: "parks",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: "fails",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: "no",
}


async def outcome(handle: WorkflowHandle[object, object]) -> str:
    async def look() -> str:
        history = await handle.fetch_history()
        return next((ENDS[event.event_type] for event in history.events if event.event_type in ENDS), "")

    try:
        return await eventually(look, seconds=100, every=1)  # eighty ask at once
    finally:
        if (await handle.describe()).close_time is None:
            await handle.terminate()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outcomes(
    dev_server: WorkflowEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[dict[Case, str]]:
    """What became of a run of each case. Each has a file of its own, for each run imports its file anew."""
    folder: Path = tmp_path_factory.mktemp("guard")
    names = [f"guarded_case_{number}" for number in range(len(SHOWN))]
    for number, (name, case) in enumerate(zip(names, SHOWN, strict=True)):
        (folder / f"{name}.py").write_text(HEAD + flow(number, case.body), encoding="utf-8")
    sys.path.insert(0, str(folder))
    with warnings.catch_warnings():
        # The worker's process only warns of some; the tests' own would make each warning an exception.
        warnings.simplefilter("ignore")
        workflows = [getattr(importlib.import_module(name), f"Case{number}") for number, name in enumerate(names)]
        async with working(dev_server.client, Outside(), workflows=workflows) as queue:
            handles = [await start(dev_server.client, queue, cls.__name__) for cls in workflows]
            ended = await asyncio.gather(*map(outcome, handles))
        gc.collect()  # what the cases left behind warns here, not in a later test
    yield dict(zip(SHOWN, ended, strict=True))
    sys.path.remove(str(folder))
    for name in names:
        del sys.modules[name]


@pytest.mark.parametrize("case", SHOWN, ids=lambda case: f"{case.rule}: {case.body.splitlines()[-1]}")
async def test_the_sandbox_catches_what_the_table_says_and_nothing_more(outcomes: dict[Case, str], case: Case):
    assert outcomes[case] == case.sandbox
