"""What becomes of an attempt of a step, and of the branch and the group that it belongs to."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from temporalio import workflow
from temporalio.exceptions import is_cancelled_exception

from steps.branch import Branch, Member
from steps.errors import DefinitionInvalid
from steps.failures import kind_of
from steps.log import MAX_LINE_CHARACTERS
from steps.options import StepOptions, options_of
from steps.payload import json_size
from steps.record import Outcome
from steps.text import shown

if TYPE_CHECKING:
    from steps.run import Run


def settle(run: Run, branch: Branch, began: datetime, error: BaseException | None) -> None:
    """Take what became of an attempt: its branch ends, fails, or is armed for the next one."""
    if isinstance(error, workflow.ContinueAsNewError):
        error = DefinitionInvalid("A step may not call workflow.continue_as_new: the engine rolls over.")
    if error is None:
        run.steps_done += 1
        run.branches.done(branch)
        run.claims.drop(branch.id)
        _note(run, branch, "completed", began)
        leave(run, branch.member)
    elif run.cancelling and is_cancelled_exception(error):
        run.branches.done(branch)
        _note(run, branch, "cancelled", began)
    else:
        text = f"{kind_of(error)}: {shown(error, MAX_LINE_CHARACTERS)}"
        again = _try_again(run, branch, began, error, text)
        _note(run, branch, "retried" if again else "failed", began, text, kind_of(error))
        if not again:
            record_failure(run, branch, error)
            run.branches.fail(branch, began)
            leave(run, branch.member, failed=True)


def expire(run: Run, branch: Branch) -> Branch | None:
    """Return what runs in the place of a step whose event has not come, if anything does."""
    run.waits.expire(branch)
    following = branch.wait.on_timeout if branch.wait else None
    ends = f"{following} runs" if following else "the branch ends"
    message = f"No event came for {branch.action} until {branch.due:%Y-%m-%d %H:%M:%S} UTC: {ends}"
    run.log.add("warning", message, step=branch.action, branch=branch.id, fields={})
    _note(run, branch, "expired", workflow.now())
    if following is not None:
        return run.branches.turn(branch, following)
    run.branches.done(branch)
    leave(run, branch.member)
    run.wake()
    return None


def leave(run: Run, member: Member | None, *, failed: bool = False) -> None:
    """Count a branch out of its group; arm the step that the group's end is for, if this is it."""
    group, stuck = run.groups.leave(member, failed=failed)
    for one in stuck:
        message = f"{one.then} does not run: {one.failed} of the branches that it waits for failed"
        run.log.add("warning", message, step=one.then, branch=None, fields={})
    if group is None:
        return
    size = json_size(group.results)
    run.branches.arm(group.then, workflow.now(), group.results, size, group.parent, None, group.member)
    run.wake()


def record_failure(run: Run, branch: Branch, error: BaseException) -> None:
    """Keep a failure with the run, and say so in its log."""
    failure = run.failures.add(branch, error, workflow.now())
    run.answers.fail(branch.action)
    run.log.add("error", f"{failure.type}: {failure.message}", step=branch.action, branch=branch.id, fields={})


def _try_again(run: Run, branch: Branch, began: datetime, error: BaseException, text: str) -> bool:
    """Arm the next attempt, if the step wants one."""
    method = getattr(run.workflow, branch.action, None)
    options = options_of(method) if method else StepOptions()
    pause = options.again(branch.attempt, error)
    if pause is None or run.cancelling or not run.branches.fits(branch):
        return False
    count = f"attempt {branch.attempt} of {options.retry.attempts}"
    message = f"{text} ({count}; the next one in {pause.total_seconds():g} s)"
    run.log.add("warning", message, step=branch.action, branch=branch.id, fields={})
    run.branches.again(branch, workflow.now() + pause, began)
    return True


def _note(
    run: Run, branch: Branch, outcome: Outcome, began: datetime, error: str | None = None, kind: str | None = None
) -> None:
    now = workflow.now()
    run.journal.add(branch, outcome, began, now, run.started_at, error)
    run.watch.ended(branch, outcome, began, now, kind)
