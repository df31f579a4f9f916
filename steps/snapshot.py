"""A run's state, as its readers, its successor and a retry get it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from steps.batch import pack
from steps.branch import Carried, RetryState, active
from steps.record import RunRecord

if TYPE_CHECKING:
    from steps.run import Run

_SHOWN = 20


def record_of(run: Run) -> RunRecord:
    """Return the run as its readers see it; of the waiting branches, the next twenty."""
    return RunRecord(
        result=run.result,
        steps_done=run.steps_done,
        steps=run.journal.rows,
        steps_before=run.journal.before,
        running=[active(branch) for branch in run.branches.running.values()],
        waiting=[active(branch) for branch in run.branches.armed[:_SHOWN]],
        waiting_count=run.branches.armed_count,
        failures=run.failures.kept,
        failure_count=run.failures.count,
        log=run.log.lines,
        log_dropped=run.log.dropped,
        store=run.store.values(),
        lost_connections=run.reconnections.lost,
        claims=run.claims.kept,
        answer=run.answers.given,
        started_at=run.started_at,
    )


def carried_of(run: Run) -> Carried:
    """Return what the next Temporal run of the chain begins with; no step runs now."""
    batches, waiting = pack(run.branches.armed)
    return Carried(
        branches=waiting,
        batches=batches,
        failed=pack(run.branches.failed.values())[0],
        groups=run.groups.kept(),
        next_id=run.branches.next_id,
        steps_done=run.steps_done,
        failures=run.failures.kept,
        failure_count=run.failures.count,
        log=run.log.lines,
        log_dropped=run.log.dropped,
        steps=run.journal.rows,
        steps_before=run.journal.before,
        result=run.result,
        store=run.store.values(),
        waits=run.waits.past,
        claims=run.claims.kept,
        answer=run.answers.given,
        started_at=run.started_at,
    )


def retry_state_of(run: Run) -> RetryState:
    """Return what a retry of the failed run needs beside its record."""
    return RetryState(
        failed=pack(run.branches.failed.values())[0],
        groups=run.groups.kept(),
        next_id=run.branches.next_id,
        headers=run.headers,
    )
