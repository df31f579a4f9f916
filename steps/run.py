"""One run: it starts the branches that are due, hears how each ended, and rolls over at step boundaries."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

from steps.alarm import Alarm
from steps.api import Api
from steps.branch import Branch, Carried, Trigger, active
from steps.branches import Branches
from steps.calls import look_up
from steps.definition import Steps
from steps.environment import Env
from steps.errors import Cancelled, PayloadInvalid, RunFailed
from steps.failures import Failures
from steps.hooks import call_hook
from steps.http import VariablesRequest
from steps.log import RunLog
from steps.parking import parking_cause
from steps.payload import MAX_RESULT_BYTES, check, to_json
from steps.record import RunRecord
from steps.scheduled import fill_schedule
from steps.store import Store
from steps.waits import Waits, armed_size

MAX_RUNNING = 200  # well under the 2,000 pending activities at which Temporal's server stops a run for good
MAX_STEPS_PER_ROLL = 1_000  # a chain without delays or calls makes no history: the server would never ask to roll
_SHOWN = 20


class Run:
    """The state of one run, and the loop that drives it.

    Only this loop spawns tasks: a step that spawned the next one would nest contexts, and the history would grow with
    the square of the chain.
    """

    def __init__(self, cls: type[Any], base: type, trigger: Trigger, *, refusal: PayloadInvalid | None = None) -> None:
        now = workflow.now()
        start = Branch(id=0, action="start", payload=trigger.data, due=now)
        state = trigger.carried or Carried(branches=[start])
        self.workflow, self.steps, self._headers = cls, Steps(cls, base), trigger.headers
        self._schedule = trigger.schedule
        self.branches = Branches(((branch, armed_size(branch)) for branch in state.branches), state.next_id)
        self.log = RunLog(state.log, state.log_dropped)
        self.env = Env(cls.__name__, state.env or {})
        self.store = Store(state.store)
        self.started_at = state.started_at or now
        self._env_read = state.env is not None
        self._failures = Failures(state.failures, state.failure_count)
        self._result, self._steps_done, self._steps_here = state.result, state.steps_done, 0
        self._alarm = Alarm(self.wake)
        self.waits = Waits(self.branches, state.waits, self.wake)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._awake = self._rolling = self._cancelling = False
        self._parked: Exception | None = None
        if refusal is not None:
            self._failed(start, refusal)

    async def execute(self) -> dict[str, Any]:
        """Drive the run to its end; return its record.

        Raises:
            ApplicationError: of type `run-failed`, with the record as its details, when a step failed.
        """
        try:
            await asyncio.gather(self._read_env(), fill_schedule(self.branches, self._schedule))
            await self._drive()
        except (asyncio.CancelledError, ActivityError) as error:
            if is_cancelled_exception(error):
                await self._cancel()
            raise
        self.waits.closed = True
        if self._failures.count:
            await self._fail()
        await call_hook(self, "on_workflow_complete")
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.record().model_dump(mode="json")

    def wake(self) -> None:
        """Let the loop look again."""
        self._awake = True

    def record(self) -> RunRecord:
        """Return the run as its readers see it; of the waiting branches, the next twenty."""
        return RunRecord(
            result=self._result,
            steps_done=self._steps_done,
            running=[active(branch) for branch in self.branches.running.values()],
            waiting=[active(branch) for branch in self.branches.armed[:_SHOWN]],
            waiting_count=self.branches.armed_count,
            failures=self._failures.kept,
            failure_count=self._failures.count,
            log=self.log.lines,
            log_dropped=self.log.dropped,
            store=self.store.values(),
            started_at=self.started_at,
        )

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
            self._show()
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
        if following is None:
            self.branches.done(branch)
            self.wake()
            return None
        self.branches.running[branch.id] = branch.model_copy(update={"action": following, "wait": None})
        return self.branches.running[branch.id]

    async def _walk(self, branch: Branch) -> None:
        """Run one step to its end. No exception leaves: one that did would vanish with the task."""
        try:
            await self._step(branch)
            self._steps_done += 1
        except (GeneratorExit, KeyboardInterrupt):  # the worker's own end, not the step's
            raise
        except BaseException as error:
            if cause := parking_cause(error):
                self._parked = cause
            elif not (self._cancelling and is_cancelled_exception(error)):
                self._failed(branch, error)
        finally:
            self.branches.done(branch)
            self._tasks.pop(branch.id, None)
            self._steps_here += 1
            self.wake()

    async def _step(self, branch: Branch) -> None:
        """Call the step on a fresh instance, then commit what it asked for: all of it, or nothing when it raised."""
        api = Api(self, branch.action, branch)
        # A branch of an older deploy may name a step that is no more.
        action = branch.action if branch.action == "start" else self.steps.resolve(branch.action)
        data = check(self.workflow, action, branch.payload)
        instance = object.__new__(self.workflow)
        try:
            value = await getattr(instance, action)(data, dict(self._headers), api)
            api.closed = True
            if value is not None:
                value, _ = to_json(value, f"What {branch.action} returned", limit=MAX_RESULT_BYTES)
            self.branches.reserve(len(api.requests), sum(request.size for request in api.requests))
        except BaseException:
            api.closed = True
            self.waits.drop(api.requests)
            raise
        for request in api.requests:
            self.waits.commit(request, branch.id)
        if value is not None:
            self._result = value

    def _failed(self, branch: Branch, error: BaseException) -> None:
        failure = self._failures.add(branch, error, workflow.now())
        self.log.add("error", f"{failure.type}: {failure.message}", step=branch.action, branch=branch.id, fields={})

    def _roll_wanted(self) -> bool:
        """Latched: a wish that went away again would leave branches that waited for the roll behind."""
        info = workflow.info()
        self._rolling = (
            self._rolling
            or self._steps_here >= MAX_STEPS_PER_ROLL
            or info.is_continue_as_new_suggested()
            or info.is_target_worker_deployment_version_changed()
        )
        return self._rolling

    async def _roll(self) -> NoReturn:
        await workflow.wait_condition(workflow.all_handlers_finished)
        carried = Carried(
            branches=self.branches.armed, next_id=self.branches.next_id, steps_done=self._steps_done,
            env=dict(self.env), failures=self._failures.kept, failure_count=self._failures.count,
            log=self.log.lines, log_dropped=self.log.dropped, result=self._result, store=self.store.values(),
            waits=self.waits.past, started_at=self.started_at,
        )  # fmt: skip
        workflow.continue_as_new(
            Trigger(headers=self._headers, carried=carried),
            initial_versioning_behavior=workflow.ContinueAsNewVersioningBehavior.AUTO_UPGRADE,
        )

    async def _fail(self) -> NoReturn:
        message = self._failures.message
        await call_hook(self, "on_workflow_error", RunFailed(message, list(self._failures.kept)))
        await workflow.wait_condition(workflow.all_handlers_finished)
        record = self.record().model_dump(mode="json")
        raise ApplicationError(message, record, type=RunFailed.type, non_retryable=True) from self._failures.cause()

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
        await call_hook(self, "on_workflow_error", Cancelled("The run was cancelled.", list(self._failures.kept)))

    def _show(self) -> None:
        """Tell the Temporal UI, which asks the worker for it, what the run is doing; this costs no event."""
        running = ", ".join(sorted({branch.action for branch in self.branches.running.values()})) or "nothing"
        following = self.branches.next()
        waiting = f"; next **{following.action}** at {following.due:%Y-%m-%d %H:%M:%S} UTC" if following else ""
        workflow.set_current_details(
            f"Running **{running}**{waiting}; {self.branches.armed_count} waiting, {self._steps_done} steps done"
        )
