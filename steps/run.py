"""One run: it starts the branches that are due, hears how each ended, and rolls over at step boundaries."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from steps.alarm import Alarm
from steps.answers import Answers
from steps.attempt import attempt
from steps.attributes import Attributes
from steps.batch import unpack
from steps.branch import Branch, Carried, Trigger
from steps.branches import Branches
from steps.calls import look_up
from steps.claims import Claims
from steps.definition import Steps
from steps.details import details
from steps.environment import Env
from steps.errors import Cancelled, PayloadInvalid, RunFailed
from steps.failures import Failures
from steps.given import Given
from steps.groups import Groups
from steps.hooks import call_hook
from steps.http import VariablesRequest
from steps.journal import Journal
from steps.log import RunLog
from steps.notion.records import RecordKey
from steps.outcome import expire, record_failure, settle
from steps.parking import parking_cause
from steps.reconnection import Reconnections
from steps.scheduled import fill_schedule
from steps.snapshot import carried_of, record_of, retry_state_of
from steps.store import Store
from steps.waits import Waits, armed_size
from steps.watch import UNDER_WAY, Watch

_WORKER = "temporalio.worker._workflow"  # where the SDK defines what ends a deadlocked activation
LONG_SLEEP = timedelta(seconds=5)  # worth an event that tells Temporal's lists what the run waits for
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
        self._schedule = trigger.schedule
        self.log = RunLog(state.log, state.log_dropped)
        self.journal = Journal(state.steps_before + len(state.steps))
        self.given = trigger.given or (None if state.env is None else Given(env=state.env))
        self.env = Env(cls.__name__, self.given.env if self.given else {})
        self.store = Store(state.store)
        self.claims = Claims(state.claims)
        self.record_keys: dict[tuple[str, ...], RecordKey] = {}
        self.answers = Answers(
            cls.respond is not None, state.answer, pending=any(branch.action == "start" for branch in armed)
        )
        self.started_at = state.started_at or now
        self.failures = Failures(state.failures, state.failure_count)
        self.result, self.steps_done = state.result, state.steps_done
        self.waits = Waits(self.branches, state.waits, self.wake)
        self.attributes = Attributes()
        self.reconnections = Reconnections(self.log, self.attributes, self.wake)
        self._alarm = Alarm(self.wake)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._awake = self._rolling = self.cancelling = False
        self.parked: Exception | None = None
        self.watch = Watch()
        if refusal is not None:
            record_failure(self, start, refusal)

    async def execute(self) -> dict[str, Any]:
        """Drive the run to its end; return its record.

        Raises:
            ApplicationError: of type `run-failed`, with the record and the state for a retry as its details, when a
                step failed.
        """
        try:
            await asyncio.gather(self._read_given(), fill_schedule(self.branches, self._schedule))
            await self._drive()
        except (asyncio.CancelledError, ActivityError) as error:
            if is_cancelled_exception(error):
                await self._cancel()
            raise
        self.waits.closed = True
        self.attributes.show()
        if self.failures.count:
            await self._fail()
        await call_hook(self, "on_workflow_complete")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return record_of(self).model_dump(mode="json")

    def wake(self) -> None:
        """Let the loop look again."""
        self._awake = True

    async def _read_given(self) -> None:
        if self.given is not None:
            return
        request = VariablesRequest(workflow=workflow.info().workflow_type)
        self.given = await look_up("read_variables", request, Given, summary="variables and connections")
        self.env = Env(self.workflow.__name__, self.given.env)

    async def _drive(self) -> None:
        while True:
            if self.parked is not None:
                raise self.parked  # fails the workflow task, not the run: a fixed deploy goes on from here
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
            branch = expire(self, due) if due.wait else due
            if branch is None:
                continue
            self._tasks[branch.id] = asyncio.create_task(self._walk(branch), name=f"{branch.action}/{branch.id}")
        if len(self.branches.running) < MAX_RUNNING and (following := self.branches.next()):
            self._alarm.set(following.due, following.action)
            if not self.branches.running and following.due - workflow.now() >= LONG_SLEEP:
                self.attributes.waits_for(following.action)
                self.attributes.show()

    async def _walk(self, branch: Branch) -> None:
        """Run one attempt of a step to its end. No exception leaves: one that did would vanish with the task."""
        began, caught = workflow.now(), None
        UNDER_WAY.set(branch)  # of this task alone
        self.watch.began(branch, began)
        try:
            await attempt(self, branch)
        except BaseException as error:
            # The end of the worker, or of this activation for taking too long, is not the step's.
            if isinstance(error, (GeneratorExit, KeyboardInterrupt)) or type(error).__module__ == _WORKER:
                raise
            caught = error
        self._tasks.pop(branch.id, None)
        self.parked = self.parked or (parking_cause(caught) if caught else None)
        if self.parked is None:
            settle(self, branch, began, caught)
        self.wake()

    def _roll_wanted(self) -> bool:
        """Latched: a wish that went away again would leave branches that waited for the roll behind."""
        info = workflow.info()
        self._rolling = (
            self._rolling
            or self.journal.full  # a chain without delays or calls makes no history: the server would never ask
            or self.claims.crowded
            or info.is_continue_as_new_suggested()
            or info.is_target_worker_deployment_version_changed()
        )
        return self._rolling

    async def _roll(self) -> NoReturn:
        self.answers.let_go()
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(
            Trigger(headers=self.headers, given=self.given, carried=carried_of(self)),
            initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
        )

    async def _fail(self) -> NoReturn:
        message = self.failures.message
        await call_hook(self, "on_workflow_error", RunFailed(message, list(self.failures.kept)))
        await workflow.wait_condition(workflow.all_handlers_finished)
        found = [record_of(self).model_dump(mode="json"), retry_state_of(self).model_dump(mode="json")]
        raise ApplicationError(message, *found, type=RunFailed.type, non_retryable=True) from self.failures.cause()

    async def _cancel(self) -> None:
        self.cancelling = self.waits.closed = self.reconnections.closed = True
        self.answers.fail()
        self._alarm.clear()
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        if tasks:
            await workflow.wait(tasks)
        if self.parked is not None:
            raise self.parked
        await call_hook(self, "on_workflow_error", Cancelled("The run was cancelled.", list(self.failures.kept)))
        await workflow.wait_condition(workflow.all_handlers_finished)
