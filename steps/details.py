"""What the Temporal UI shows of a run while it runs."""

from __future__ import annotations

from temporalio import workflow

from steps.branches import Branches


def show(branches: Branches, steps_done: int) -> None:
    """Tell the Temporal UI, which asks the worker for it, what the run is doing; this costs no event."""
    running = ", ".join(sorted({branch.action for branch in branches.running.values()})) or "nothing"
    following = branches.next()
    waiting = f"; next **{following.action}** at {following.due:%Y-%m-%d %H:%M:%S} UTC" if following else ""
    workflow.set_current_details(
        f"Running **{running}**{waiting}; {branches.armed_count} waiting, {steps_done} steps done"
    )
