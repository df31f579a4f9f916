"""The calls and the timers of a run, out of Temporal's history: names, times and outcomes, never headers or bodies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, Field
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.call_events import Ending, Opening, ending_of, opening_of, status_payload
from api.cursors import Cursors
from api.problems import RunUnknown
from api.reach import RPC_TIMEOUT, reaching_temporal
from api.reading import describe
from steps.parts import an_object
from vault.signing import Signer

MOST_EVENTS = 12_000
"""Of one Temporal run of a chain; the engine rolls it over long before."""
_PAGE = 1_000
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Done = Literal["completed", "failed", "timed_out", "cancelled", "running", "retrying", "queued"]


class CallView(BaseModel):
    """One call that a step made, with all its attempts."""

    step: str | None = Field(description="The step that made it; null for an activity of your own.")
    call: str = Field(description="What was called: method and address, or the activity's name.")
    method: str | None
    address: str | None = Field(description="Host and path, without the query; of a connection's calls the path.")
    status: int | None = Field(description="The status of the answer, where it is known.")
    outcome: Done = Field(description="`retrying` has failed and is tried again, `queued` waits for a worker.")
    attempt: int = Field(description="From 1: which attempt that outcome is of.")
    began: datetime
    ended: datetime | None
    error: str | None = Field(description="The type of the error, of the last attempt that failed.")


class TimerView(BaseModel):
    """One timer; its summary says what it is for."""

    summary: str
    began: datetime
    due: datetime
    ended: datetime | None


class CallList(BaseModel):
    """The calls of a part of a run, in the order in which they began."""

    calls: list[CallView]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next part; null on the last one.")


class Calls(NamedTuple):
    """What the history of one Temporal run tells. `following` is the next one of the chain."""

    calls: list[CallView]
    timers: list[TimerView]
    following: str | None


async def list_calls(client: Client, signer: Signer, run_id: str, cursor: str | None = None) -> CallList:
    """Return the calls of one Temporal run of the chain, beginning with the first.

    Raises:
        RunUnknown: there is no such run.
        CursorInvalid: no list of this run's calls gave out this cursor.
    """
    cursors = Cursors(signer, f"calls of {run_id}")
    asked = cursors.read(cursor).decode() if cursor is not None else None
    async with reaching_temporal():
        description = await describe(client, run_id)
        info = description.raw_description
        part = asked or info.workflow_execution_info.first_run_id or description.run_id
        found = await read_calls(client, run_id, part, info.pending_activities if part == description.run_id else ())
    following = cursors.write(found.following.encode()) if found.following else None
    return CallList(calls=found.calls, next_cursor=following)


async def read_calls(client: Client, run_id: str, part: str, pending: Sequence[PendingActivityInfo] = ()) -> Calls:
    """Read the history of one Temporal run; `pending` is what Temporal knows of the calls that go on.

    Raises:
        RunUnknown: the history is no longer kept.
    """
    openings: dict[int, Opening] = {}
    endings: dict[int, Ending] = {}
    attempts: dict[int, int] = {}
    following: str | None = None
    for event in await _history(client, run_id, part):
        if opening := opening_of(event):
            openings[event.event_id] = opening
        elif ending := ending_of(event):
            endings.setdefault(ending.opened, ending)
        elif event.HasField("activity_task_started_event_attributes"):
            started = event.activity_task_started_event_attributes
            attempts[started.scheduled_event_id] = started.attempt
        following = _following(event) or following
    known = {one.activity_id: one for one in pending}
    texts = await _decoded(client, {number: one.summary for number, one in openings.items()})
    statuses = await _decoded(client, {number: status_payload(openings, one) for number, one in endings.items()})
    calls: list[CallView] = []
    timers: list[TimerView] = []
    for number, opening in openings.items():
        ending, text = endings.get(number), str(texts.get(number) or opening.name)
        if opening.due is not None:
            ended = ending.at if ending else None
            timers.append(TimerView(summary=text, began=opening.at, due=opening.due, ended=ended))
        elif ending is None or ending.outcome is not None:
            going = known.get(opening.activity_id)
            status = an_object(statuses.get(number)).get("status")
            calls.append(_call(opening, ending, text, status, attempts.get(number, 1), going))
    return Calls(calls, timers, following)


async def _history(client: Client, run_id: str, part: str) -> list[HistoryEvent]:
    events = client.get_workflow_handle(run_id, run_id=part).fetch_history_events(
        page_size=_PAGE, rpc_timeout=RPC_TIMEOUT
    )
    found: list[HistoryEvent] = []
    try:
        async for event in events:
            if len(found) == MOST_EVENTS:
                break
            found.append(event)
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        raise RunUnknown("The history of this part of the run is no longer kept.") from error
    return found


def _call(
    opening: Opening, ending: Ending | None, text: str, status: Any, attempt: int, going: PendingActivityInfo | None
) -> CallView:
    step, separator, call = text.partition(" · ")
    if not separator:
        step, call = "", text
    method, _, address = call.partition(" ")
    named = method in _METHODS
    place = address.partition(" (")[0]  # a connection's calls name it behind the path
    outcome, error = (ending.outcome or "completed", ending.error) if ending else ("queued", None)
    if going is not None and ending is None:
        attempt = going.attempt
        error = going.last_failure.application_failure_info.type or None
        begun = going.HasField("last_started_time")
        outcome = "retrying" if error else "running" if begun else "queued"
    return CallView(
        step=step or None, call=call, method=method if named else None, address=place if named else None,
        status=status if isinstance(status, int) else None, outcome=outcome, attempt=attempt, began=opening.at,
        ended=ending.at if ending else None, error=error,
    )  # fmt: skip


async def _decoded(client: Client, payloads: Mapping[int, Payload | None]) -> dict[int, Any]:
    """Decode many payloads at once, for a codec has one answer for all of them."""
    there = {number: payload for number, payload in payloads.items() if payload is not None and payload.metadata}
    values = await client.data_converter.decode(list(there.values())) if there else []
    return dict(zip(there, values, strict=True))


def _following(event: HistoryEvent) -> str | None:
    if not event.HasField("workflow_execution_continued_as_new_event_attributes"):
        return None
    return event.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
