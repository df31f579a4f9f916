"""What became of today's runs: counts by outcome, and why the last ones failed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import Client, WorkflowExecution, WorkflowExecutionStatus, WorkflowFailureError
from temporalio.exceptions import FailureError
from temporalio.service import RPCError

from api.reach import RPC_TIMEOUT, reaching_temporal
from api.reading import every_run, status_of
from api.views import RunStatus

_SHOWN = 10
_LONGEST = 300
# The words of Temporal's own lists, in the order in which they matter to whoever looks.
_WORDS: dict[str, RunStatus] = {
    "Failed": "failed",
    "TimedOut": "timed_out",
    "Terminated": "terminated",
    "Running": "running",
    "Completed": "completed",
    "Canceled": "cancelled",
}
_FAILED = ("Failed", "TimedOut")


@dataclass(frozen=True)
class FailedRun:
    """A run that failed today."""

    id: str
    workflow: str
    status: RunStatus
    ended_at: datetime | None
    why: str
    """The first line of its error."""


@dataclass(frozen=True)
class Today:
    """What ended today (UTC), and what runs now."""

    counts: dict[RunStatus, int]
    failed: list[FailedRun]
    """The last ten at most."""

    @property
    def failures(self) -> int:
        """How many failed in all."""
        return sum(self.counts.get(status, 0) for status in ("failed", "timed_out"))


async def read_today(client: Client, task_queue: str) -> Today:
    """Count what ended since midnight UTC and what runs now, and tell why the last ten failed.

    Raises:
        TemporalUnavailable: Temporal does not answer.
    """
    ended = f"CloseTime >= '{datetime.now(UTC):%Y-%m-%d}T00:00:00Z'"
    every = every_run(task_queue)
    now_or_today = [*every, f"({ended} OR ExecutionStatus = 'Running')"]
    failures = " OR ".join(f"ExecutionStatus = '{word}'" for word in _FAILED)
    async with reaching_temporal():
        counted, failed = await asyncio.gather(
            _count(client, " AND ".join(now_or_today)), _failed(client, " AND ".join([*every, ended, f"({failures})"]))
        )
    return Today(counted, failed)


async def _count(client: Client, query: str) -> dict[RunStatus, int]:
    answer = await client.count_workflows(f"{query} GROUP BY ExecutionStatus", rpc_timeout=RPC_TIMEOUT)
    found = {str(group.group_values[0]): group.count for group in answer.groups}
    return {status: found[word] for word, status in _WORDS.items() if word in found}


async def _failed(client: Client, query: str) -> list[FailedRun]:
    page = client.list_workflows(query, page_size=_SHOWN, rpc_timeout=RPC_TIMEOUT)
    await page.fetch_next_page()
    runs = list(page.current_page or ())
    reasons = await asyncio.gather(*(_why(client, run) for run in runs))
    return [
        FailedRun(run.id, run.workflow_type, status_of(run), run.close_time, why)
        for run, why in zip(runs, reasons, strict=True)
    ]


async def _why(client: Client, run: WorkflowExecution) -> str:
    if run.status is WorkflowExecutionStatus.TIMED_OUT:
        return "It did not end in the time that it was given."
    try:
        handle = client.get_workflow_handle(run.id, run_id=run.run_id)
        await handle.result(follow_runs=False, rpc_timeout=RPC_TIMEOUT)
    except WorkflowFailureError as error:
        cause = error.cause
        return _first_line(cause.message if isinstance(cause, FailureError) else str(cause))
    except RPCError:
        pass  # its history went meanwhile, or did not come in time; the list can do without
    return ""


def _first_line(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
