"""One run of a simulated world: let it go on, and look at what it did."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from steps.delay import Delay, parse_delay
from steps.record import ActiveStep, RunRecord, StepFailure
from steps.testing.call import Call
from steps.testing.errors import RunNotCompleted, SimulationError, WaitNotFound
from steps.testing.lines import LogText, StepName, steps_of
from steps.testing.progress import Progress, read
from steps.testing.trace import Moment, trace
from steps.wait import Resumed

if TYPE_CHECKING:
    from temporalio.client import WorkflowHandle

    from steps.testing.clock import Clock
    from steps.testing.outside import Outside
    from steps.testing.stage import Stage


@dataclass(frozen=True)
class OpenWait:
    """A wait for an event; `due` is when it times out."""

    step: str
    due: datetime
    wait_id: str


class SimulatedRun:
    """A run; what it did is as it was after the last `await` of one of its methods, or of the world's."""

    def __init__(
        self, workflow: str, handle: WorkflowHandle[Any, Any], outside: Outside, clock: Clock, stage: Stage
    ) -> None:
        self.id, self.workflow, self.handle = handle.id, workflow, handle
        self._outside, self._clock, self._stage = outside, clock, stage
        self.progress, self.record = Progress(), RunRecord()
        self._summaries: dict[tuple[str, str], str] = {}
        self._moments: list[Moment] = []

    # What it did

    @property
    def status(self) -> str:
        """Return "running", "completed", "failed" or "cancelled"."""
        return self.progress.ended or "running"

    @property
    def ended(self) -> bool:
        """Tell whether the run is over, well or not."""
        return self.progress.ended is not None

    @property
    def completed(self) -> bool:
        """Tell whether the run has ended, and no step failed; `check()` says why not."""
        return self.progress.ended == "completed"

    @property
    def failed(self) -> bool:
        """Tell whether the run has ended with failed steps."""
        return self.progress.ended == "failed"

    @property
    def result(self) -> Any:
        """What the last step that returned a value returned."""
        return self.record.result

    @property
    def failures(self) -> list[StepFailure]:
        """The steps that failed, with `type` and `message`."""
        return self.record.failures

    @property
    def log(self) -> list[LogText]:
        """The texts of the log; each has `level`, `fields`, `step` and `at`."""
        return [LogText.of(line) for line in self.record.log]

    @property
    def store(self) -> dict[str, Any]:
        """What the run keeps in `api.store`."""
        return self.record.store

    @property
    def steps(self) -> list[StepName]:
        """The steps that ran, by name; each has `outcome`, `attempt` and `error`."""
        return steps_of(self.record)

    @property
    def waiting(self) -> list[ActiveStep]:
        """The steps that wait for their time or for an event, the next one first."""
        return self.record.waiting

    @property
    def calls(self) -> list[Call]:
        """Every attempt of every `api.fetch`, call of `api.notion` and `api.call`, in order."""
        return self._outside.calls.get(self.id, [])

    def trace(self) -> str:
        """Return the whole run as a text to print: time, steps, calls, waits, log lines, the end."""
        return trace(self.workflow, self.id, self.status, self.record, self.calls, self._moments)

    def check(self) -> SimulatedRun:
        """Return the run if it has completed.

        Raises:
            RunNotCompleted: with the failures, and the trace.
        """
        __tracebackhide__ = True
        if self.completed:
            return self
        failures = "".join(f"\n  {one.step}: {one.type}: {one.message} ({one.where})" for one in self.failures)
        raise RunNotCompleted(f"{self.id} has not completed, it is {self.status}.{failures}\n{self.trace()}")

    def __repr__(self) -> str:
        first = f": {self.failures[0].step}: {self.failures[0].message}" if self.failures else ""
        return f"<{self.workflow} {self.status}{first}>"

    # Letting it go on

    async def finish(self) -> SimulatedRun:
        """Let time pass until the run has ended, well or not."""
        __tracebackhide__ = True
        return await self._go(self._has_ended)

    async def sleep(self, delay: Delay) -> SimulatedRun:
        """Let that much time pass: seconds, a timedelta, or a text such as "4 days"."""
        __tracebackhide__ = True
        return await self._go(self._has_ended, parse_delay(delay))

    async def wait_for(self, step: str) -> OpenWait:
        """Let time pass until the run waits for the event of a step.

        Raises:
            WaitNotFound: it ended before.
        """
        __tracebackhide__ = True
        await self._go(self._waits_for(step))
        found = self._wait_of(step)
        if found is None:
            raise self._told(WaitNotFound(f"{self.id} is {self.status}, and never waited for the event of {step!r}."))
        return found

    async def resume(self, step: str, event: Any = None) -> SimulatedRun:
        """Send the event that a step waits for, as the button of its link does, and let that step run.

        Raises:
            WaitNotFound: the run ended before it waited for it.
        """
        __tracebackhide__ = True
        wait = await self.wait_for(step)
        await self._stage.do(self._send(wait, event))
        return await self._go(_at_once)

    async def cancel(self) -> SimulatedRun:
        """Cancel the run, as an operator does, and let it end."""
        __tracebackhide__ = True
        await self._stage.do(self.handle.cancel())
        return await self.finish()

    async def _go(self, reached: Callable[[], Awaitable[bool]], pause: Any = None) -> SimulatedRun:
        __tracebackhide__ = True
        problem: BaseException | None = None
        try:
            await self._stage.do(self._advance(reached, pause))
        except SimulationError as error:
            await self._stage.do(self.look())
            problem = error
        if self._outside.problems:
            problem = self._outside.problems.pop(0)
        if problem is not None:
            raise self._told(problem)
        return self

    async def _advance(self, reached: Callable[[], Awaitable[bool]], pause: Any) -> None:
        until = None if pause is None else await self._clock.now() + pause
        await self._clock.advance([self], reached, until)
        await self.look()

    async def _send(self, wait: OpenWait, event: Any) -> None:
        shown = "" if event is None else f" with {json.dumps(event, ensure_ascii=False)}"
        self._moments.append(Moment(await self._clock.now(), f"event for {wait.step}{shown}"))
        argument = {"wait_id": wait.wait_id, "event": event}
        await self.handle.execute_update(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
            "resume", argument, id=wait.wait_id, result_type=Resumed
        )

    async def _has_ended(self) -> bool:
        return self.ended

    def _waits_for(self, step: str) -> Callable[[], Awaitable[bool]]:
        async def reached() -> bool:
            await self.look()
            return self.ended or self._wait_of(step) is not None

        return reached

    def _wait_of(self, step: str) -> OpenWait | None:
        found = next((one for one in self.waiting if one.step == step and one.wait_id), None)
        return OpenWait(found.step, found.due, found.wait_id or "") if found and not self.ended else None

    async def look(self) -> None:
        """Read what the run did, in the stage's loop."""
        self.progress = progress = await read(self.handle)
        if progress.parked is not None:
            return
        self.record = progress.record or await self.handle.query("record", result_type=RunRecord)
        self._summaries |= progress.summaries
        kept = [moment for moment in self._moments if moment.kept]
        opened = [Moment(at, text, kept=False) for at, text in progress.lookups if " · wait for " in text]
        self._moments = kept + opened
        for call in self.calls:
            call.step = call.step or self._step_of(call)

    def _step_of(self, call: Call) -> str | None:
        step, dot, _ = self._summaries.get(call.activity, "").partition(" · ")
        if dot:
            return step
        since = self.record.started_at
        offset = (call.at - since).total_seconds() if since else -1.0
        around = {one for one in self.steps if one.began - 0.001 <= offset <= one.ended + 0.001}
        return str(around.pop()) if len(around) == 1 else None

    def _told(self, error: BaseException) -> BaseException:
        error.add_note(self.trace())
        # The frames of the kit say nothing to an author; those of a function of the test do.
        return error.with_traceback(None) if isinstance(error, SimulationError) else error


async def _at_once() -> bool:
    return True
