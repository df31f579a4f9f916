"""What the Temporal UI shows of a run that goes on, in Markdown; setting it costs no event."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from steps.reconnection import how_to

if TYPE_CHECKING:
    from steps.branch import Branch
    from steps.run import Run

_RUNNING, _NEXT, _ENDED = 10, 5, 10


def details(run: Run) -> str:
    """List the steps that run, those that come next, and those that ended last."""
    branches = run.branches
    rows = [_row(branch.action, branch.id, "runs" + _nth(branch.attempt)) for branch in _first(branches.running)]
    for branch in branches.following(_NEXT):
        verb = "waits for an event until" if branch.wait else "waits until"
        rows.append(_row(branch.action, branch.id, f"{verb} {branch.due:%Y-%m-%d %H:%M:%S} UTC{_nth(branch.attempt)}"))
    for row in reversed(run.journal.rows[-_ENDED:]):
        error = f": {row.error}" if row.error else ""
        rows.append(_row(row.step, row.branch, f"{row.outcome} after {row.ended - row.began:.1f} s{error}"))
    done, failed = run.steps_done, run.failures.count
    head = f"{len(branches.running)} running, {branches.armed_count} waiting, {done} done, {failed} failed"
    lost = [f"Waits for {one.handle} to be connected again: {how_to(one.handle)}" for one in run.reconnections.lost]
    return "\n\n".join([head, *lost, ""]) + "\n".join(["| Step | Branch | State |", "|---|---|---|", *rows])


def _first(running: dict[int, Branch]) -> list[Branch]:
    return list(islice(running.values(), _RUNNING))


def _row(step: str, branch: int, state: str) -> str:
    text = " ".join(state.replace("|", "\\|").split())
    return f"| {step} | {branch} | {text} |"


def _nth(attempt: int) -> str:
    return f", attempt {attempt}" if attempt > 1 else ""
