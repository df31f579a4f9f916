"""What became of every delivery: its runs, by Temporal; its pages, by the stand-in for Notion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from temporalio.client import Client, WorkflowExecutionStatus

from tests.chaos.plant import WORKFLOW, Plant
from tests.chaos.sender import Delivery
from tests.conftest import eventually

_RUNS = f"WorkflowType = '{WORKFLOW}'"


@dataclass(frozen=True)
class Run:
    """A run that has ended."""

    id: str
    status: WorkflowExecutionStatus
    began: datetime
    ended: datetime


@dataclass(frozen=True)
class Count:
    """What must not be: each a list of what is wrong. `unknown` had no answer, and have a run all the same."""

    accepted: int
    unknown: int
    unanswered: int
    wrong: dict[str, list[str]]

    def __str__(self) -> str:
        wrong = ", ".join(f"{len(found)} {what}" for what, found in self.wrong.items() if found)
        return (
            f"{self.accepted} accepted, {self.unanswered} given up without an answer, of which {self.unknown} have "
            f"a run; {wrong or 'each accepted one has one completed run and one page, and nothing else has'}"
        )


async def ended_runs(client: Client, seconds: float) -> list[Run]:
    """Wait until no run is under way, and return them all."""

    async def none_left() -> bool:
        return (await client.count_workflows(f"{_RUNS} AND ExecutionStatus = 'Running'")).count == 0

    await eventually(none_left, seconds=seconds, every=0.5)
    found = [one async for one in client.list_workflows(_RUNS)]
    return [Run(one.id, one.status, one.start_time, one.close_time) for one in found if one.status and one.close_time]


async def counted(plant: Plant, runs: Sequence[Run], ledger: Sequence[Delivery], mark: str = "#") -> Count:
    """Hold the runs and the pages against the ledger, which has every delivery that was ever sent."""
    titles = [str(page["title"]) for page in await plant.ask_notion("GET", "pages")]
    pages = Counter(title for title in titles if title.startswith(mark))
    of_delivery = Counter(run.id for run in runs)
    completed = {run.id for run in runs if run.status is WorkflowExecutionStatus.COMPLETED}
    accepted = [one for one in ledger if one.run_id]
    unanswered = [one for one in ledger if not one.run_id]
    with_run = [one for one in unanswered if of_delivery[one.id_of_run]]
    sent = {one.name for one in ledger}
    wrong = {
        "without a run": [one.name for one in accepted if not of_delivery[one.id_of_run]],
        "with two runs": [one.name for one in ledger if of_delivery[one.id_of_run] > 1],
        "with another's run": [one.name for one in accepted if one.run_id != one.id_of_run],
        "not completed": [run.id for run in runs if run.id not in completed],
        "without a page": [one.name for one in (*accepted, *with_run) if not pages[one.name]],
        "with two pages": [name for name, many in pages.items() if many > 1],
        "pages without a run": [one.name for one in unanswered if pages[one.name] and one not in with_run],
        "pages without a delivery": [name for name in pages if name not in sent],
    }
    return Count(len(accepted), len(with_run), len(unanswered), wrong)
