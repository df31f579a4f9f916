"""What the JSON API answers with."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast
from urllib.parse import quote

from pydantic import BaseModel, Field

from api.starting import Started
from settings import Settings
from steps.record import ActiveStep, LogLine, LostConnection, Outcome, StepFailure
from vault.connection import Connection

_LONGEST_NAME = 200
RunStatus = Literal["running", "completed", "failed", "cancelled", "terminated", "timed_out"]


class StartedView(BaseModel):
    """A run that was started, now or by an earlier delivery of the same key."""

    id: str = Field(description="The run's id; the Temporal UI shows it too.")
    duplicate: bool = Field(description="Whether an earlier request with the same key had started it.")
    run_url: str = Field(description="The page that shows the run.")


class RunSummary(BaseModel):
    """A run in a list."""

    id: str
    workflow: str
    status: RunStatus
    started_at: datetime
    ended_at: datetime | None
    trigger: str | None = Field(
        default=None,
        description="What started it: `hook`, `api`, `notion` (an event), `test`, `schedule` or `retry`; null for "
        "another program, and in a list where Temporal does not know the search attributes.",
    )
    ui_url: str = Field(description="The run in the Temporal UI.")


class WaitingView(ActiveStep):
    """A step that waits for its time, or for an event."""

    resume_url: str | None = Field(
        default=None,
        description="Where the event is sent that it waits for: whoever knows it can. Null without one, and without "
        "the scope `operate`.",
    )


class ResumedView(BaseModel):
    """What became of an event."""

    resumed: Literal[True] = True
    already: bool = Field(description="Whether an earlier event had been taken, and this one was not.")
    run: str
    step: str = Field(description="The step that went on.")
    at: datetime = Field(description="When it did.")


class StepView(BaseModel):
    """One attempt of a step that has ended."""

    step: str
    branch: int
    attempt: int = Field(description="From 1.")
    began: datetime | None
    ended: datetime | None
    outcome: Outcome = Field(
        description="`retried` is a failed attempt that another one follows; `expired` a wait whose event did not come."
    )
    error: str | None = Field(description="What it failed with: the type, and the beginning of the message.")
    log: list[LogLine] = Field(description="What it logged, in order.")


class StepList(BaseModel):
    """A part of a run's steps, in the order in which they ended."""

    steps: list[StepView]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next part; null on the last one.")
    note: str | None = Field(default=None, description="Why the last part is missing, and what to do.")


class RunView(RunSummary):
    """A run with all that is kept of it."""

    retry_of: str | None = Field(default=None, description="The failed run whose steps this one retries.")

    current_steps: list[ActiveStep] = Field(default_factory=list[ActiveStep], description="The steps that run now.")
    waiting: list[WaitingView] = Field(default_factory=list[WaitingView], description="The next steps, at most twenty.")
    waiting_count: int = 0
    lost_connections: list[LostConnection] = Field(
        default_factory=list[LostConnection],
        description="What somebody must connect again, under the same handle, for the run to go on.",
    )
    steps_done: int = 0
    attempts: int = Field(default=0, description="How many attempts of steps have ended; `/steps` lists them.")
    result: Any = None
    store: dict[str, Any] = Field(default_factory=dict, description="The run's durable values.")
    failures: list[StepFailure] = Field(default_factory=list[StepFailure])
    failure_count: int = 0
    log: list[LogLine] | None = Field(default=None, description="Null when nothing could be asked for it: see `note`.")
    log_dropped: int = Field(default=0, description="How many older lines made room for newer ones.")
    note: str | None = Field(default=None, description="Why a part is missing, and what to do.")


class RunList(BaseModel):
    """A page of runs."""

    runs: list[RunSummary]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last one.")


class WorkflowView(BaseModel):
    """A workflow that can be run."""

    name: str
    doc: str
    steps: list[str]
    on: str | None = Field(description="The events of Notion that start it, such as `page.created`; null for none.")
    signed: str | None = Field(description="How a delivery to its trigger has to be signed; null for not at all.")
    ready: bool = Field(description="False while the secret is missing that its trigger is signed with.")
    hook_url: str | None = Field(
        description="Whoever knows it can start a run: treat it as a secret. Null without the scope `trigger`."
    )


class ConnectionView(BaseModel):
    """A connection, without its tokens."""

    handle: str
    provider: str
    status: str
    workspace_id: str | None
    workspace_name: str | None
    owner: str | None = Field(description="The name of whoever authorized it, as the provider gave it.")
    created_at: datetime
    authorized_at: datetime
    last_used_at: datetime | None
    verified_at: datetime | None = Field(description="When a test last found that the provider takes its token.")
    deleting_at: datetime | None = Field(description="Since when it is being deleted; nothing uses it any more.")


class DeletionView(BaseModel):
    """A connection that is being deleted."""

    handle: str
    deleting_at: datetime
    next: str = Field(description="What happens now.")


class TrialView(BaseModel):
    """What became of the test of a connection."""

    ok: bool
    connection: ConnectionView
    problem: str | None = Field(description="The type of the error; null when all is well.")
    message: str | None = Field(description="What is wrong, and what to do about it.")


def started_view(settings: Settings, started: Started) -> StartedView:
    """Return what the starter of a run gets."""
    return StartedView(
        id=started.id, duplicate=started.duplicate, run_url=f"{settings.public_url}{run_path(started.id)}"
    )


def run_path(run_id: str) -> str:
    """Return the path of the run's page."""
    return "/runs/" + quote(run_id, safe="/")


def api_path(run_id: str) -> str:
    """Return the path at which the API tells of the run."""
    return "/api/v1/runs/" + quote(run_id, safe="/")


def connection_view(connection: Connection) -> ConnectionView:
    """Return a connection as it is shown."""
    account = connection.account
    return ConnectionView(
        handle=connection.handle,
        provider=connection.provider,
        status=connection.status.value,
        workspace_id=account.workspace_id,
        workspace_name=account.workspace_name,
        created_at=connection.created_at,
        authorized_at=connection.authorized_at,
        last_used_at=connection.last_used_at,
        owner=owner_of(connection),
        verified_at=connection.verified_at,
        deleting_at=connection.deleting_at,
    )


def deletion_view(connection: Connection) -> DeletionView:
    """Return a connection that is being deleted, and what happens now."""
    return DeletionView(
        handle=connection.handle,
        deleting_at=connection.deleting_at or connection.authorized_at,
        next=f"Nothing uses it from now on. A worker revokes it at {connection.provider.capitalize()}, as soon as one "
        "runs, and then deletes its tokens.",
    )


def owner_of(connection: Connection) -> str | None:
    """Return the name of whoever authorized a connection, bounded: it comes from outside."""
    user: Any = (connection.account.owner or {}).get("user")
    name: Any = cast("dict[str, Any]", user).get("name") if isinstance(user, dict) else None
    return name[:_LONGEST_NAME] if isinstance(name, str) and name else None
