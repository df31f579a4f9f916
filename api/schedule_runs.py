"""The runs that schedules have started: which one came of asking for it, and how each stands."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from temporalio.client import Client

from api.reach import RPC_TIMEOUT, reaching_temporal
from api.reading import quoted, status_of
from api.scheduling import read_schedule, run_schedule
from api.views import RunStatus

_AT_ONCE = 50
_LOOKS = 20
_BETWEEN_SECONDS = 0.15


async def run_and_find(client: Client, task_queue: str, schedule_id: str) -> str | None:
    """Start a run now, and return its id; None if it has not begun within three seconds, for it may have to wait.

    Raises:
        ScheduleUnknown: the task queue has no such schedule.
        ScheduleConflict: a run still goes on, and the schedule's `overlap` is `skip`.
    """
    earlier = {run.id for run in (await read_schedule(client, task_queue, schedule_id)).last_runs}
    await run_schedule(client, task_queue, schedule_id)
    for _ in range(_LOOKS):
        # Temporal's answer to the wish does not name the run.
        runs = (await read_schedule(client, task_queue, schedule_id)).last_runs
        if found := [run.id for run in runs if run.id and run.id not in earlier]:
            return found[0]
        await asyncio.sleep(_BETWEEN_SECONDS)
    return None


async def statuses_of(client: Client, run_ids: Sequence[str]) -> dict[str, RunStatus]:
    """Return how the runs stand; Temporal's list lags behind by moments, and has forgotten old ones."""
    found: dict[str, RunStatus] = {}
    for begin in range(0, len(run_ids), _AT_ONCE):
        some = ", ".join(quoted(run_id) for run_id in run_ids[begin : begin + _AT_ONCE])
        # A run that rolled over stays one run: only the newest of its chain counts.
        query = f"WorkflowId IN ({some}) AND ExecutionStatus != 'ContinuedAsNew'"
        async with reaching_temporal():
            async for execution in client.list_workflows(query, rpc_timeout=RPC_TIMEOUT):
                found.setdefault(execution.id, status_of(execution))
    return found
