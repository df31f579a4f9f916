"""Run a workflow with small activities of the same names as the real ones."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle, WorkflowHistory
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from steps import (
    ConnectionNeedsReauthorization,
    ConnectionNotFound,
    FetchFailed,
    Response,
    RunRecord,
    StepsError,
    Trigger,
)
from steps.dedupe import own_workflows
from steps.errors import VaultFailed
from steps.given import Given
from steps.http import ConnectionRequest, FetchRequest, VariablesRequest
from steps.resume_token import make_token
from steps.scheduled import Occurrence, OccurrenceRequest
from steps.sealed import make_reference
from steps.wait import OpenedWait, WaitRequest
from tests.steps.answer_flows import ANSWER_FLOWS
from tests.steps.dedupe_flows import DEDUPE_FLOWS
from tests.steps.flows import FLOWS
from tests.steps.hard_flows import HARD_FLOWS
from tests.steps.join_flows import JOIN_FLOWS
from tests.steps.store_flows import STORE_FLOWS
from tests.steps.wait_flows import WAIT_FLOWS
from vault import Signer

ALL_FLOWS = FLOWS + HARD_FLOWS + JOIN_FLOWS + STORE_FLOWS + WAIT_FLOWS + DEDUPE_FLOWS + ANSWER_FLOWS
PROOF = "p" * 43
SIGNER = Signer(b"s" * 32)  # of the API in its tests, too


class Outside:
    """The activities, and what they were asked."""

    def __init__(self, variables: dict[str, str] | None = None, given: Given | None = None) -> None:
        self.given = given or Given(env=variables or {})
        self.fetched: list[FetchRequest] = []
        self.failures_left = 0
        self.raises: StepsError | None = None
        self.vault_failures_left = 0
        self.variables_read = self.connections_read = 0
        self.inside = self.most_inside = 0
        self.entered: list[int] = []
        self.lost: dict[str, ConnectionNeedsReauthorization] = {}
        self.looks = 0

    @activity.defn(name="read_variables")
    async def read_variables(self, request: VariablesRequest) -> Given:
        self.variables_read += 1
        return self.given

    @activity.defn(name="resolve_connection")
    async def resolve_connection(self, request: ConnectionRequest) -> str:
        self.connections_read += 1
        self._check(request.handle)
        if request.handle != "my-notion":
            raise ConnectionNotFound(f"No connection has the handle {request.handle!r}.").to_failure()
        return make_reference("connection", request.handle, PROOF)

    @activity.defn(name="await_connection")
    async def await_connection(self, request: ConnectionRequest) -> None:
        self.looks += 1
        if lost := self.lost.get(request.handle):
            raise lost.to_failure(retryable=not lost.revoked)

    @activity.defn(name="open_wait")
    async def open_wait(self, request: WaitRequest) -> OpenedWait:
        if self.vault_failures_left:
            self.vault_failures_left -= 1
            raise VaultFailed("the vault is sealed").to_failure()
        run_id = activity.info().workflow_id or ""
        token = make_token(run_id, request.wait_id, lambda text: SIGNER.sign("resume", text))
        return OpenedWait(token=token, resume_url=f"http://steps.test/resume/{token}")

    @activity.defn(name="read_occurrence")
    async def read_occurrence(self, request: OccurrenceRequest) -> Occurrence:
        return Occurrence(counter=7)

    @activity.defn(name="fetch")
    async def fetch(self, request: FetchRequest) -> Response:
        self.fetched.append(request)
        self._check("my-notion")
        if self.raises:
            raise self.raises.to_failure()
        if self.vault_failures_left:
            self.vault_failures_left -= 1
            raise VaultFailed("the vault is sealed").to_failure()
        if self.failures_left:
            self.failures_left -= 1
            raise FetchFailed("the connection was cut").to_failure()
        return Response(status=404 if "missing" in request.url else 200, text=request.url)

    @activity.defn(name="shout")
    async def shout(self, text: str) -> str:
        if not text:
            raise ApplicationError("nothing to shout", type="empty", non_retryable=True)
        return text.upper()

    @activity.defn(name="enter")
    async def enter(self, number: int) -> None:
        self.entered.append(number)
        self.inside += 1
        self.most_inside = max(self.inside, self.most_inside)
        await asyncio.sleep(0.1)  # so that the others come in, also on a busy machine
        self.inside -= 1

    @activity.defn(name="hang")
    async def hang(self) -> None:
        await asyncio.Event().wait()

    def lose(self, handle: str, *, revoked: bool = False) -> None:
        self.lost[handle] = ConnectionNeedsReauthorization(f"{handle} is lost", handle=handle, revoked=revoked)

    def _check(self, handle: str) -> None:
        if lost := self.lost.get(handle):
            raise lost.to_failure()

    def all(self) -> list[Any]:
        return [
            self.open_wait,
            self.read_occurrence,
            self.read_variables,
            self.resolve_connection,
            self.await_connection,
            self.fetch,
            self.shout,
            self.enter,
            self.hang,
        ]


@asynccontextmanager
async def working(client: Client, outside: Outside | None = None, **options: Any) -> AsyncGenerator[str]:
    """Run a worker on a task queue of its own; give its name."""
    queue = options.pop("queue", None) or f"steps-{uuid.uuid4()}"
    activities = (outside or Outside()).all()
    workflows = [*options.pop("workflows", ALL_FLOWS), *own_workflows(versioned="deployment_config" in options)]
    options = {"max_cached_workflows": 50, **options}
    async with Worker(client, task_queue=queue, workflows=workflows, activities=activities, **options):
        yield queue


async def start(client: Client, queue: str, name: str, data: Any = None, **extra: Any) -> WorkflowHandle[Any, Any]:
    """Start a run as any program would: by name, with JSON."""
    return await client.start_workflow(
        name, {"data": data, "headers": {"x-from": "test"}, **extra}, id=f"{name}/{uuid.uuid4()}", task_queue=queue
    )


async def run(client: Client, name: str, data: Any = None, outside: Outside | None = None) -> RunRecord:
    """Run a workflow to its end, and return its record, failed or not."""
    async with working(client, outside) as queue:
        handle = await start(client, queue, name, data)
        return await ended(handle)


async def ended(handle: WorkflowHandle[Any, Any]) -> RunRecord:
    """Wait for the end, and return the record, failed or not."""
    try:
        return RunRecord.model_validate(await handle.result())
    except WorkflowFailureError as error:
        cause = error.cause
        assert isinstance(cause, ApplicationError), cause
        assert cause.type == "run-failed", cause
        return RunRecord.model_validate(cause.details[0])


async def runs_of(client: Client, handle: WorkflowHandle[Any, Any]) -> list[WorkflowHistory]:
    """Return the history of each Temporal run that a run has rolled over to, the first one first."""
    found: list[WorkflowHistory] = []
    run_id = handle.first_execution_run_id
    while run_id:
        history = await client.get_workflow_handle(handle.id, run_id=run_id).fetch_history()
        found.append(history)
        run_id = history.events[-1].workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return found


def messages(record: RunRecord) -> list[str]:
    """Return the log's texts."""
    return [line.message for line in record.log]


__all__ = ["PROOF", "Outside", "Trigger", "ended", "messages", "run", "runs_of", "start", "working"]
