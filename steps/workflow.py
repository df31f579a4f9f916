"""The base class of every workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from temporalio import workflow

from steps.answer import Answered
from steps.branch import Carried, Trigger, read_trigger
from steps.definition import check_definition, check_entry, check_respond
from steps.delay import Delay
from steps.errors import PayloadInvalid
from steps.notion_event import NotionEvent
from steps.reconnection import SIGNAL
from steps.record import RunRecord
from steps.run import Run
from steps.schedule import Schedule
from steps.signed import Signed
from steps.snapshot import record_of
from steps.wait import Resumed, ResumeRequest, WaitView

if TYPE_CHECKING:
    from steps.api import Api
    from steps.errors import Cancelled, RunFailed


class Workflow:
    """Subclass it and write async steps: `async def name(self, data, headers, api)`. A run begins at `start`.

    Each subclass is a Temporal workflow type of its own, named as the class unless `name=` says otherwise; a class with
    `abstract=True` only serves as a base of others. Every step runs on a fresh instance: nothing survives in `self`.
    """

    # With "start", the trigger answers with what `start` returned, instead of 202 at once; when that takes longer than
    # `respond_within`, a delay of at most 60 seconds, it answers 202 then.
    respond: ClassVar[Literal["start"] | None] = None
    respond_within: ClassVar[Delay] = "10 sec"
    schedule: ClassVar[Schedule | None] = None
    """When the workflow runs by itself: `Every(...)` or `Cron(...)`; a worker that starts sees to it."""
    on: ClassVar[NotionEvent | None] = None
    """What in Notion starts a run: `NotionEvent("page.created")`."""
    signed: ClassVar[Signed | None] = None
    """How whoever posts to the trigger signs: `Shopify()`, `GitHub()`, `StandardWebhooks()`, `SharedHeader(...)`."""

    if TYPE_CHECKING:

        async def run(self, trigger: Trigger) -> dict[str, Any]:
            """Stand for the synthesised run, so that client.start_workflow(MyWorkflow.run, ...) type-checks."""
            ...

    def __init_subclass__(cls, *, name: str | None = None, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_definition(cls, Workflow, name)
        if abstract:
            return
        check_entry(cls, Workflow)
        check_respond(cls)

        # The SDK does not let @workflow.run inherit: it wants the method in the class's own module, under its own name.
        # `self` stays unannotated, as in __init__ below: @workflow.init compares the two signatures to the letter.
        # It takes what comes: an argument that the SDK could not decode would fail the workflow task, again and again.
        async def run(self, *arguments: Any) -> dict[str, Any]:  # pyright: ignore[reportUnknownParameterType, reportMissingParameterType]  # as above
            return await cast("Workflow", self)._run.execute()

        run.__module__, run.__qualname__ = cls.__module__, f"{cls.__name__}.run"
        setattr(cls, "run", workflow.run(cast("Any", run)))  # noqa: B010  # an assignment would not match the stub above
        workflow.defn(name=name or cls.__name__)(cls)

    @workflow.init
    def __init__(self, *arguments: Any) -> None:
        try:
            self._run = Run(type(self), Workflow, read_trigger(arguments))
        except PayloadInvalid as error:
            if (
                workflow.info().continued_run_id
            ):  # the engine's own argument: the run parks, and a fixed deploy heals it
                raise
            self._run = Run(type(self), Workflow, Trigger(carried=Carried()), refusal=error)

    async def on_workflow_complete(self, api: Api) -> None:
        """Do something once, when the last branch has ended and none has failed."""

    async def on_workflow_error(self, error: RunFailed | Cancelled, api: Api) -> None:
        """Do something once, when all branches have ended and some failed (`error.failures`), or on a cancelled run."""

    @workflow.query
    def record(self) -> RunRecord:
        """Answer what the run has done and what it waits for."""
        return record_of(self._run)

    # Under names that begin with an underscore: `resume` and `wait` are good names for an author's own steps.
    @workflow.query(name="wait")
    def _wait(self, wait_id: str) -> WaitView:
        """Answer what the page of a resume link shows."""
        return self._run.waits.view(wait_id)

    @workflow.update(name="resume")
    def _resume(self, request: ResumeRequest) -> Resumed:
        """Wake the step that waits for this event; the update's id is the wait's."""
        return self._run.waits.resume(request)

    @_resume.validator
    def _check_resume(self, request: ResumeRequest) -> None:
        self._run.waits.check(request)

    @workflow.update(name="answer")
    async def _answer(self) -> Answered:
        """Answer what the trigger answers, as soon as `start` has ended."""
        return await self._run.answers.wait()

    @_answer.validator
    def _check_answer(self) -> None:
        self._run.answers.check()

    @workflow.signal(name=SIGNAL)
    def _reconnected(self, *arguments: Any) -> None:
        """Let the calls go on that wait for a connection: its handle is the argument."""
        self._run.reconnections.reconnected(arguments[0] if arguments else None)

    @workflow.signal
    def checkpoint(self, *_arguments: Any) -> None:
        """Look now whether a new worker build is there: sent in batch after a deploy, to runs that sleep for long."""
        self._run.wake()


def run_of(instance: object) -> Run | None:
    """Return the run of a workflow's instance; None where it is none of ours."""
    return instance._run if isinstance(instance, Workflow) else None  # pyright: ignore[reportPrivateUsage]  # of this very module
