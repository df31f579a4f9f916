"""What a run at scale cost: seconds, events, the largest history, bytes."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHandle, WorkflowHistory

_LOST = (EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED, EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT)


@dataclass(frozen=True)
class Figures:
    """What it cost in all; `largest_...` are of one Temporal run, `memory_mib` is the most that the process had.

    `lost_tasks` are workflow tasks that failed or timed out, and were done again.
    """

    what: str
    count: int
    seconds: float
    each_ms: float
    temporal_runs: int
    events: int
    largest_events: int
    largest_bytes: int
    largest_carried: int
    lost_tasks: int
    record_bytes: int
    memory_mib: int


class Stopwatch:
    """Take the time from its making on."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    async def figures(self, client: Client, handle: WorkflowHandle[Any, Any], what: str, count: int) -> Figures:
        """Return what the run has cost, from the history of each of its Temporal runs."""
        seconds = time.monotonic() - self._begun
        record = json.dumps(await handle.result())
        events = largest = most_bytes = carried = lost = runs = 0
        async for history in histories(client, handle):
            runs += 1
            events += len(history.events)
            largest = max(largest, len(history.events))
            most_bytes = max(most_bytes, sum(event.ByteSize() for event in history.events))
            carried = max(carried, history.events[0].ByteSize())
            lost += sum(event.event_type in _LOST for event in history.events)
        return Figures(
            what, count, round(seconds, 1), round(seconds * 1000 / count, 2), runs, events, largest, most_bytes,
            carried, lost, len(record), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        )  # fmt: skip


async def histories(client: Client, handle: WorkflowHandle[Any, Any]) -> AsyncIterator[WorkflowHistory]:
    """Give the history of each Temporal run that a run has rolled over to, one at a time."""
    run_id = handle.first_execution_run_id
    while run_id:
        history: WorkflowHistory = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        yield history
        run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id


def as_table(rows: Iterable[Figures]) -> str:
    """Return the figures as lines, the names first."""
    dicts = [asdict(row) for row in rows]
    names = list(Figures.__dataclass_fields__)
    cells = [names, *([f"{row[name]:,}" if name != "what" else row[name] for name in names] for row in dicts)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(names))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in cells)
