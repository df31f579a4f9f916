"""Writes that look alike, lists that know late, steps that are tried again: on the real server."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import WorkflowFailureError
from temporalio.testing import WorkflowEnvironment

from activities.connections import ActiveConnections, needs_reauthorization
from tests.conftest import eventually
from tests.once.place import Place, placed
from vault import VaultUnavailable

pytestmark = [pytest.mark.server, pytest.mark.asyncio(loop_scope="session")]

CREATE, QUERY = "POST /v1/pages", "POST /v1/databases/:id/query"


async def test_what_lists_show_late_is_not_made_twice(place: Place) -> None:
    cases = {write: await place.case() for write in ("page", "fetch", "append")}
    for case in cases.values():
        case.notion.workspace.lag = 2
        case.notion.workspace.faults.add([{"kind": "cut_after"}])
    await asyncio.gather(*(place.run(case, write) for write, case in cases.items()))
    made = {write: case.made for write, case in cases.items()}
    assert made == {"page": {"page": 1}, "fetch": {"page": 1}, "append": {"block": 2}}


async def test_two_writes_that_are_alike_are_both_made(place: Place) -> None:
    case = await place.case()
    # The first of them passes; of the second the answer is lost, and then it has not even been made.
    append = {"method": "PATCH", "path": "/v1/blocks/*"}
    case.notion.workspace.faults.add([{**append, "kind": "slow", "seconds": 0, "when": "before"}])
    case.notion.workspace.faults.add([{**append, "kind": "internal"}])
    ids = await place.run(case, "append", workflow="AppendTwice")
    assert sorted(ids) == sorted(case.ids("block"))
    assert case.made == {"block": 2}


async def test_a_step_that_is_tried_again_finds_what_it_has_made(place: Place) -> None:
    case = await place.case()
    ids = await place.run(case, "page", workflow="TryAgain")
    assert sorted(ids) == sorted(case.ids("page"))
    assert len(ids) == 2
    # The second attempt looks for both pages and makes one; the third finds both.
    assert case.calls == [CREATE, QUERY, QUERY, CREATE, QUERY, QUERY]


async def test_a_fetch_that_may_be_tried_once_gets_the_answer_as_it_is(place: Place) -> None:
    case = await place.case()
    case.notion.workspace.faults.add([{"kind": "unavailable"}])
    with pytest.raises(WorkflowFailureError) as caught:
        await place.run(case, "fetch", retry=1)
    assert "503" in str(caught.value.cause)
    assert case.calls == [CREATE]


@pytest.mark.parametrize("why", [VaultUnavailable("The vault does not answer."), needs_reauthorization])
@pytest.mark.parametrize("write", ["page", "fetch"])
async def test_a_run_that_waits_in_the_middle_of_a_call_looks_afterwards(
    place: Place, monkeypatch: pytest.MonkeyPatch, write: str, why: Any
) -> None:
    """The activity that follows a pause is another one, and has the heartbeat of none before it."""
    case, find = await place.case(), ActiveConnections.find
    failed: list[str] = []

    async def fails_once(self: ActiveConnections, handle: str) -> Any:
        if handle == case.handle and case.calls and not failed:
            failed.append(handle)
            raise why if isinstance(why, Exception) else why(handle)
        return await find(self, handle)

    monkeypatch.setattr(ActiveConnections, "find", fails_once)
    case.notion.workspace.faults.add([{"kind": "cut_after"}])
    await place.run(case, write)
    assert failed
    assert case.calls == [CREATE, QUERY]


async def test_while_nobody_can_be_reached_nothing_is_in_doubt(dev_server: WorkflowEnvironment, tmp_path: Path) -> None:
    """A connection that is refused sends nothing, so that nothing is looked for afterwards."""
    async with placed(dev_server.client, tmp_path) as place:
        cases = [await place.case() for _ in range(3)]
        await place.stop_notion()
        runs = [await place.start(case, write) for case, write in zip(cases, ("page", "fetch", "append"), strict=True)]

        async def refused() -> bool:
            for run in runs:
                pending = (await run.describe()).raw_description.pending_activities
                assert pending[0].attempt > 1
            return True

        await eventually(refused)
        await place.start_notion()
        await asyncio.gather(*(run.result() for run in runs))
        assert [case.calls for case in cases] == [[CREATE], [CREATE], ["PATCH /v1/blocks/:id/children"]]
