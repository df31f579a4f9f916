"""The count finds what it is there to find."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest
from temporalio.client import WorkflowExecutionStatus

from tests.chaos.counting import Run, counted
from tests.chaos.plant import Plant
from tests.chaos.sender import Delivery

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Notion:
    """A plant of which nothing is there but the pages."""

    def __init__(self, titles: list[str]) -> None:
        self._titles = titles

    async def ask_notion(self, method: str, path: str) -> list[dict[str, object]]:
        assert (method, path) == ("GET", "pages")
        return [{"title": title} for title in self._titles]


def deliveries() -> list[Delivery]:
    """Two that were accepted, and one that was not."""
    found = [Delivery(number, 0, 0.0) for number in range(3)]
    for one in found[:2]:
        one.run_id = one.id_of_run
    return found


def run(number: int, status: WorkflowExecutionStatus = WorkflowExecutionStatus.COMPLETED) -> Run:
    return Run(deliveries()[number].id_of_run, status, NOW, NOW)


@pytest.mark.parametrize(
    ("runs", "titles", "wrong"),
    [
        ([run(0), run(1)], ["#0", "#1", "a page of Notion's own"], {}),
        ([run(0), run(1), run(2)], ["#0", "#1", "#2"], {}),
        ([run(0)], ["#0"], {"without a run": ["#1"], "without a page": ["#1"]}),
        ([run(0), run(1), run(1)], ["#0", "#1"], {"with two runs": ["#1"]}),
        ([run(0), run(1)], ["#0"], {"without a page": ["#1"]}),
        ([run(0), run(1)], ["#0", "#1", "#1"], {"with two pages": ["#1"]}),
        ([run(0), run(1), run(2)], ["#0", "#1"], {"without a page": ["#2"]}),
        ([run(0), run(1)], ["#0", "#1", "#2"], {"pages without a run": ["#2"]}),
        ([run(0), run(1)], ["#0", "#1", "#7"], {"pages without a delivery": ["#7"]}),
        (
            [run(0), run(1, WorkflowExecutionStatus.FAILED)], ["#0", "#1"],
            {"not completed": [deliveries()[1].id_of_run]},
        ),
    ],
)  # fmt: skip
async def test_what_is_lost_or_doubled_is_named(runs: list[Run], titles: list[str], wrong: dict[str, list[str]]):
    count = await counted(cast("Plant", Notion(titles)), runs, deliveries())
    assert {what: found for what, found in count.wrong.items() if found} == wrong
    assert (count.accepted, count.unanswered) == (2, 1)


async def test_an_answer_with_the_id_of_another_run_is_named():
    ledger = deliveries()
    ledger[0].run_id = ledger[1].run_id
    count = await counted(cast("Plant", Notion(["#0", "#1"])), [run(0), run(1)], ledger)
    assert count.wrong["with another's run"] == ["#0"]
