"""One run: it starts the branches that are due, hears how each ended, and rolls over at step boundaries."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from steps.alarm import Alarm
from steps.attempt import attempt
from steps.batch import unpack
from steps.branch import Branch, Carried, Member, Trigger
from steps.branches import Branches
from steps.calls import look_up
from steps.definition import Steps
from steps.details import details
from steps.environment import Env
from steps.errors import Cancelled, DefinitionInvalid, PayloadInvalid, RunFailed
from steps.failures import Failures, kind_of
from steps.groups import Groups
from steps.hooks import call_hook
from steps.http import VariablesRequest
from steps.journal import Journal
from steps.log import MAX_LINE_CHARACTERS, RunLog
from steps.options import StepOptions, options_of
from steps.parking import parking_cause
from steps.payload import json_size
from steps.record import Outcome
from steps.snapshot import carried_of, record_of, retry_state_of
from steps.store import Store
from steps.text import shown
from steps.waits import Waits, armed_size

MAX_RUNNING = 200  # well under the 2,000 pending activities at which Temporal's server stops a run for good


class Run:
    """The state of one run, and the loop that drives it.

    Only this loop spawns tasks: a step that spawned the next one would nest contexts, and the history would grow with
    the square of the chain.
    """

    def __init__(self, cls: type[Any], base: type, trigger: Trigger, *, refusal: PayloadInvalid | None = None) -> None:
        now = workflow.now()
        start = Branch(id=0, action="start", payload=trigger.data, due=now)
        state = trigger.carried or Carried(branches=[start])
        self.workflow, self.steps, self.headers = cls, Steps(cls, base), trigger.headers
        armed = [*state.branches, *unpack(state.batches)]
        self.branches = Branches(((branch, armed_size(branch)) for branch in armed), state.next_id)
        self.branches.keep_failed((branch, armed_size(branch)) for branch in unpack(state.failed))
        self.groups = Groups(state.groups, self.branches.budget)
        self.log = RunLog(state.log, state.log_dropped)
        self.journal = Journal(state.steps_before + len(state.steps))
        self.env = Env(cls.__name__, state.env or {})
        self.store = Store(state.store)
        self.started_at = state.started_at or now
        self.failures = Failures(state.failures, state.failure_count)
        self.result, self.steps_done = state.result, state.steps_done
        self.waits = Waits(self.branches, state.waits, self.wake)
        self._env_read = state.env is not None
        self._alarm = Alarm(self.wake)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._awake = self._rolling = self._cancelling = False
        self._parked: Exception | None = None
        if refusal is not None:
            self._record_failure(start, refusal)

    async def execute(self) -> dict[str, Any]:
        """Drive the run to its end; return its record.

        Raises:
            ApplicationError: of type `run-failed`, with the record and the state for a retry as its details, when a
                step failed.
        """
        try:
            await self._read_env()
            await self._drive()
        except (asyncio.CancelledError, ActivityError) as error:
            if is_cancelled_exception(error):
                await self._cancel()
            raise
        self.waits.closed = True
        if self.failures.count:
            await self._fail()
        await call_hook(self, "on_workflow_complete")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return record_of(self).model_dump(mode="json")

    def wake(self) -> None:
        """Let the loop look again."""
        self._awake = True

    def left(self, member: Member | None, *, failed: bool = False) -> None:
        """Count a branch out of its group; arm the step that the group's end is for, if this is it."""
        group, stuck = self.groups.leave(member, failed=failed)
        for one in stuck:
            message = f"{one.then} does not run: {one.failed} of the branches that it waits for failed"
            self.log.add("warning", message, step=one.then, branch=None, fields={})
        if group is None:
            return
        size = json_size(group.results)
        self.branches.arm(group.then, workflow.now(), group.results, size, group.parent, None, group.member)
        self.wake()

    async def _read_env(self) -> None:
        if self._env_read:
            return
        request = VariablesRequest(workflow=workflow.info().workflow_type)
        values = await look_up("read_variables", request, dict[str, str], summary="variables")
        self.env = Env(self.workflow.__name__, values)
        self._env_read = True

    async def _drive(self) -> None:
        while True:
            if self._parked is not None:
                raise self._parked  # fails the workflow task, not the run: a fixed deploy goes on from here
            if self.branches.finished:
                return
            if self._roll_wanted():
                self._alarm.clear()
                if not self.branches.running:
                    await self._roll()
            else:
                self._start_due()
            workflow.set_current_details(details(self))
            await workflow.wait_condition(lambda: self._awake)
            self._awake = False

    def _start_due(self) -> None:
        room = MAX_RUNNING - len(self.branches.running)
        for due in self.branches.take_due(workflow.now(), room):
            branch = self._expired(due) if due.wait else due
            if branch is None:
                continue
            self._tasks[branch.id] = asyncio.create_task(self._walk(branch), name=f"{branch.action}/{branch.id}")
        if len(self.branches.running) < MAX_RUNNING and (following := self.branches.next()):
            self._alarm.set(following.due, following.action)

    def _expired(self, branch: Branch) -> Branch | None:
        """Return what runs in the place of a step whose event has not come, if anything does."""
        self.waits.expire(branch)
        following = branch.wait.on_timeout if branch.wait else None
        ends = f"{following} runs" if following else "the branch ends"
        message = f"No event came for {branch.action} until {branch.due:%Y-%m-%d %H:%M:%S} UTC: {ends}"
        self.log.add("warning", message, step=branch.action, branch=branch.id, fields={})
        self._note(branch, "expired", workflow.now())
        if following is not None:
            return self.branches.turn(branch, following)
        self.branches.done(branch)
        self.left(branch.member)
        self.wake()
        return None

    async def _walk(self, branch: Branch) -> None:
        """Run one attempt of a step to its end. No exception leaves: one that did would vanish with the task."""
        began, caught = workflow.now(), None
        try:
            await attempt(self, branch)
        except (GeneratorExit, KeyboardInterrupt):  # the worker's own end, not the step's
            raise
        except BaseException as error:
            caught = error
        self._tasks.pop(branch.id, None)
        self._ended(branch, began, caught)
        self.wake()

    def _ended(self, branch: Branch, began: datetime, error: BaseException | None) -> None:
        """Take what became of an attempt."""
        if error is None:
            self.steps_done += 1
            self.branches.done(branch)
            self.left(branch.member)
            return self._note(branch, "completed", began)
        if cause := parking_cause(error):
            self._parked = cause
            return None
        if isinstance(error, workflow.ContinueAsNewError):
            error = DefinitionInvalid("A step may not call workflow.continue_as_new: the engine rolls over.")
        if self._cancelling and is_cancelled_exception(error):
            self.branches.done(branch)
            return self._note(branch, "cancelled", began)
        text = f"{kind_of(error)}: {shown(error, MAX_LINE_CHARACTERS)}"
        if self._tried_again(branch, error, text):
            return self._note(branch, "retried", began, text)
        self._record_failure(branch, error)
        self.branches.fail(branch)
        self.left(branch.member, failed=True)
        return self._note(branch, "failed", began, text)

    def _tried_again(self, branch: Branch, error: BaseException, text: str) -> bool:
        """Arm the next attempt, if the step wants one."""
        method = getattr(self.workflow, branch.action, None)
        options = options_of(method) if method else StepOptions()
        pause = options.again(branch.attempt, error)
        if pause is None or self._cancelling or not self.branches.fits(branch):
            return False
        count = f"attempt {branch.attempt} of {options.retry.attempts}"
        message = f"{text} ({count}; the next one in {pause.total_seconds():g} s)"
        self.log.add("warning", message, step=branch.action, branch=branch.id, fields={})
        self.branches.again(branch, workflow.now() + pause)
        return True

    def _record_failure(self, branch: Branch, error: BaseException) -> None:
        failure = self.failures.add(branch, error, workflow.now())
        self.log.add("error", f"{failure.type}: {failure.message}", step=branch.action, branch=branch.id, fields={})

    def _note(self, branch: Branch, outcome: Outcome, began: datetime, error: str | None = None) -> None:
        self.journal.add(branch, outcome, began, workflow.now(), self.started_at, error)

    def _roll_wanted(self) -> bool:
        """Latched: a wish that went away again would leave branches that waited for the roll behind."""
        info = workflow.info()
        self._rolling = (
            self._rolling
            or self.journal.full  # a chain without delays or calls makes no history: the server would never ask
            or info.is_continue_as_new_suggested()
            or info.is_target_worker_deployment_version_changed()
        )
        return self._rolling

    async def _roll(self) -> NoReturn:
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(
            Trigger(headers=self.headers, carried=carried_of(self)),
            initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
        )

    async def _fail(self) -> NoReturn:
        message = self.failures.message
        await call_hook(self, "on_workflow_error", RunFailed(message, list(self.failures.kept)))
        await workflow.wait_condition(workflow.all_handlers_finished)
        found = [record_of(self).model_dump(mode="json"), retry_state_of(self).model_dump(mode="json")]
        raise ApplicationError(message, *found, type=RunFailed.type, non_retryable=True) from self.failures.cause()

    async def _cancel(self) -> None:
        self._cancelling = self.waits.closed = True
        self._alarm.clear()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await workflow.wait(tasks)
        if self._parked is not None:
            raise self._parked
        await call_hook(self, "on_workflow_error", Cancelled("The run was cancelled.", list(self.failures.kept)))
