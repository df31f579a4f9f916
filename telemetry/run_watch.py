"""What is told of one run, from inside of it: once, however often Temporal replays it."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from datetime import datetime
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ApplicationError, FailureError, is_cancelled_exception

from steps.branch import Branch
from steps.definition import OWN_NAMES
from steps.record import Outcome
from steps.run import Run
from steps.watch import Watch
from steps.workflow import run_of
from telemetry.families import (
    RUN_SECONDS,
    RUNS_ENDED,
    RUNS_PARKED,
    RUNS_STARTED,
    STEP_SECONDS,
    STEPS_ENDED,
    TIMER_LAG,
)
from telemetry.ids import SpanId, run_span, step_span
from telemetry.recording import count, observe, prepare, recorder, tell
from telemetry.spans import Span, nanoseconds, of_run

_TRIGGERS = frozenset({"api", "hook", "notion", "test", "retry", "schedule"})


class RunWatch(Watch):
    """Count what a run does."""

    def __init__(self, run: Run, parent: SpanId | None) -> None:
        info = workflow.info()
        self._run, self._parent = run, parent
        self.id, self.workflow, self._execution = info.workflow_id, info.workflow_type, info.run_id

    def began(self, branch: Branch, now: datetime) -> None:
        """Take in how late a delayed step began; one that was armed at this very moment was not delayed."""
        if now != branch.due and self._first("began", str(branch.id), str(branch.attempt)):
            observe(TIMER_LAG, (now - branch.due).total_seconds(), run=self.id)

    def ended(self, branch: Branch, outcome: Outcome, began: datetime, now: datetime, kind: str | None) -> None:
        """Take in how an attempt ended."""
        if self._first("ended", str(branch.id), str(branch.attempt), outcome):
            count(STEPS_ENDED, self.workflow, branch.action, outcome, run=self.id)
            observe(STEP_SECONDS, (now - began).total_seconds(), self.workflow, run=self.id)
            more = {"branch": branch.id, "attempt": branch.attempt, "parent_branch": branch.parent, "outcome": outcome}
            tell(
                Span(
                    step_span(self.id, branch.action, branch.id, branch.attempt),
                    f"step {branch.action}",
                    nanoseconds(began),
                    nanoseconds(now),
                    of_run(self.id, self.workflow, step=branch.action, **more),
                    parent=run_span(self.id),
                    error=kind,
                )
            )

    def started(self) -> None:
        """Take in that the run has begun."""
        if workflow.info().continued_run_id is None and self._first("started"):
            count(RUNS_STARTED, self.workflow, _trigger(), run=self.id)

    def over(self, outcome: str) -> None:
        """Take in that the run has ended."""
        if self._first("over"):
            count(RUNS_ENDED, self.workflow, outcome, run=self.id)
            began, now = self._run.started_at, workflow.now()
            observe(RUN_SECONDS, (now - began).total_seconds(), self.workflow, run=self.id)
            # What another system's trace started is a trace of its own, which leads there.
            span, above = run_span(self.id), self._parent
            ours = above is not None and above.trace == span.trace
            tell(
                Span(
                    span,
                    f"run {self.workflow}",
                    nanoseconds(began),
                    nanoseconds(now),
                    of_run(self.id, self.workflow, outcome=outcome),
                    parent=above if ours else None,
                    error="run-failed" if outcome == "failed" else None,
                    links=() if above is None or ours else (above,),
                )
            )

    def parked(self) -> None:
        """Take in that it cannot go on."""
        if self._first("parked"):
            count(RUNS_PARKED, self.workflow, run=self.id)

    def _first(self, *what: str) -> bool:
        return not workflow.unsafe.is_replaying() and recorder().first(self._execution, *what)


def prepare_runs(workflows: Iterable[str]) -> None:
    """Show 0 for the runs of these workflows that alerts are about."""
    for name in workflows:
        prepare(RUNS_PARKED, name)
        for outcome in ("completed", "failed", "cancelled"):
            prepare(RUNS_ENDED, name, outcome)


async def watched(work: Awaitable[Any], parent: SpanId | None) -> Any:
    """Let a run go its way, and tell of it if anybody listens; `parent` is the span that it was started below."""
    run = run_of(workflow.instance()) if recorder().on else None
    if run is None or workflow.info().workflow_type.startswith(OWN_NAMES):
        return await work
    run.watch = watch = RunWatch(run, parent)
    watch.started()
    try:
        result = await work
    except workflow.ContinueAsNewError:
        raise
    except BaseException as error:
        _take(watch, error)
        raise
    watch.over("completed")
    return result


def _take(watch: RunWatch, error: BaseException) -> None:
    if is_cancelled_exception(error):
        watch.over("cancelled")
    elif isinstance(error, ApplicationError | FailureError):
        watch.over("failed")
    elif isinstance(error, Exception):
        watch.parked()


def _trigger() -> str:
    try:
        found: object = workflow.memo_value("trigger", None)
    except Exception:  # any client may have written it, in any form
        return "client"
    return found if isinstance(found, str) and found in _TRIGGERS else "client"
