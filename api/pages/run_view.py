"""What the page of a run shows, bounded: of ten thousand branches as little as of ten."""

from __future__ import annotations

import asyncio
import json
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf

from temporalio.client import WorkflowExecutionDescription

from api.calls import Calls, CallView, TimerView
from api.one_run import Whole
from api.pages.timeline import draw
from api.pages.timeline_shapes import Attempt, Kind, Thin, Timeline
from api.reach import reaching_temporal
from api.recent_calls import state_of
from api.services import Services
from api.views import RunView
from steps.record import ActiveStep, LogLine, RunRecord, StepFailure, StepRow

_LINES, _LINES_CHARACTERS, _LINE_CHARACTERS = 80, 7_000, 400
_FAILURES, _MESSAGE_CHARACTERS = 8, 500
_VALUE_CHARACTERS = 3_000
_NEAR = 1.25  # a time that is due soon is on the timeline; one that is in three days would leave no room
_WAKING = 0.25  # seconds from a timer to the step that it is for
_LIVE: dict[str, Kind] = {
    "running": "running", "retrying": "retried", "queued": "running", "failed": "failed", "timed_out": "failed",
    "cancelled": "cancelled",
}  # fmt: skip


@dataclass(frozen=True)
class Failures:
    """Failures of one step that say the same."""

    first: StepFailure
    count: int


@dataclass(frozen=True)
class Story:
    """A run as its page tells it."""

    run: RunView
    timeline: Timeline
    attempts_drawn: int
    calls: list[CallView] | None
    log: list[LogLine]
    failures: list[Failures]
    result: str | None
    store: str | None
    seconds: float
    state: str


async def tell(services: Services, whole: Whole, now: datetime) -> Story:
    """Return what is shown of a run."""
    run, record = whole.view, whole.record
    async with reaching_temporal():
        earlier, calls = await asyncio.gather(
            _earlier(services, whole), services.recent_calls.read(await services.temporal(), whole.description)
        )
    zero, end = run.started_at, run.ended_at or now
    seconds = max((end - zero).total_seconds(), 0.0)
    rows = [*earlier, *(record.steps if record else ())]
    attempts = _ended(rows, calls, zero) + _open(run, record, calls, seconds)
    edge = max([seconds, *(one.due for one in attempts if one.due and one.due <= seconds * _NEAR)])
    more = run.waiting_count - len(run.waiting) if run.status == "running" else 0
    return Story(
        run=run,
        timeline=draw(attempts, _thin(calls, zero, seconds), edge, more_waiting=max(more, 0)),
        attempts_drawn=len(rows),
        calls=calls.calls if calls else None,
        log=_last(run.log or ()),
        failures=_alike(run.failures),
        result=_shown(run.result),
        store=_shown(run.store or None),
        seconds=seconds,
        state=seen(whole.description, now),
    )


async def rows_of(services: Services, whole: Whole) -> list[StepRow]:
    """Return all attempts that have ended, as far back as there is time to read them, the failed ones first."""
    async with reaching_temporal():
        earlier = await _earlier(services, whole)
    rows = [*earlier, *(whole.record.steps if whole.record else ())]
    return sorted(rows, key=lambda row: (row.outcome != "failed", row.outcome == "completed", -row.ended))


def seen(description: WorkflowExecutionDescription, now: datetime) -> str:
    """Return a text that is another one when the page should be: when something happened, and twice in a minute."""
    return f"{state_of(description)}-{int(now.timestamp()) // 30}"


def short(text: str, most: int) -> str:
    """Return the beginning of a text."""
    return text if len(text) <= most else text[: most - 1] + "…"


async def _earlier(services: Services, whole: Whole) -> list[StepRow]:
    if whole.record is None or not whole.record.steps_before:
        return []
    newest = whole.description.run_id or ""
    return await services.earlier_rows.read(await services.temporal(), whole.view.id, newest)


def _ended(rows: Sequence[StepRow], calls: Calls | None, zero: datetime) -> list[Attempt]:
    """Return the attempts that have ended, each with the timer that woke it: one that fired when it began."""
    fired: dict[str, list[tuple[float, float]]] = {}
    for timer in calls.timers if calls else ():
        if timer.ended is not None:
            span = (timer.ended - zero).total_seconds(), (timer.began - zero).total_seconds()
            fired.setdefault(timer.summary, []).append(span)
    found: list[Attempt] = []
    for row in rows:
        woke = fired.get(row.step, [])
        at = bisect_right(woke, (row.began + 0.002, inf)) - 1
        since = woke[at][1] if at >= 0 and woke[at][0] >= row.began - _WAKING else None
        found.append(Attempt(row.step, row.branch, row.attempt, row.began, row.ended, row.outcome, since=since))
    return found


def _open(run: RunView, record: RunRecord | None, calls: Calls | None, seconds: float) -> list[Attempt]:
    """Return what runs or waits; a run that has ended has left it."""
    if record is None or run.status == "completed":
        return []
    last = max((row.ended for row in record.steps), default=0.0)
    sleeps = {timer.summary: timer for timer in calls.timers if timer.ended is None} if calls else {}
    found: list[Attempt] = []
    for step in run.current_steps:
        began = min(max((step.due - run.started_at).total_seconds(), 0.0), seconds)
        found.append(_going(run, step, began, seconds, "running"))
    for step in run.waiting:
        timer: TimerView | None = sleeps.get(step.step)
        began = (timer.began - run.started_at).total_seconds() if timer and not step.wait_id else last
        due = (step.due - run.started_at).total_seconds()
        until = due if run.status == "running" and due <= seconds * _NEAR else seconds
        kind: Kind = "waiting" if step.wait_id else "sleeping"
        found.append(_going(run, step, min(began, seconds), max(until, began), kind, due))
    return found


def _going(run: RunView, step: ActiveStep, began: float, ended: float, kind: Kind, due: float | None = None) -> Attempt:
    left: Kind = kind if run.status == "running" else "cancelled"
    return Attempt(step.step, step.branch, step.attempt, began, ended, left, due)


def _thin(calls: Calls | None, zero: datetime, seconds: float) -> list[Thin]:
    """Return the calls, and the pauses before calls, which name the step behind the first dot."""
    if calls is None:
        return []

    def since(moment: datetime | None) -> float:
        return max((moment - zero).total_seconds(), 0.0) if moment else seconds

    found = [
        Thin(call.step, since(call.began), since(call.ended), _LIVE.get(call.outcome, "completed"))
        for call in calls.calls
    ]
    for timer in calls.timers:
        reason, separator, rest = timer.summary.partition(" · ")
        if separator and reason.startswith("waiting for"):
            step = rest.partition(" · ")[0]
            found.append(Thin(step, since(timer.began), since(timer.ended), "waiting"))
    return found


def _last(lines: Sequence[LogLine]) -> list[LogLine]:
    """Return the newest lines, as many as there is room for."""
    kept: list[LogLine] = []
    room = _LINES_CHARACTERS
    for line in reversed(lines[-_LINES:]):
        fields = (
            short(json.dumps(line.fields, ensure_ascii=False, default=str), _LINE_CHARACTERS) if line.fields else ""
        )
        message = short(line.message, _LINE_CHARACTERS)
        room -= len(message) + len(fields) + 40
        if room < 0 and kept:
            break
        kept.append(line.model_copy(update={"message": message, "fields": {"": fields} if fields else {}}))
    return kept[::-1]


def _alike(failures: Sequence[StepFailure]) -> list[Failures]:
    """Return each failure once, with how many branches it befell."""
    found: dict[tuple[str, str, str], list[StepFailure]] = {}
    for failure in failures:
        found.setdefault((failure.step, failure.type, failure.message), []).append(failure)
    return [
        Failures(same[0].model_copy(update={"message": short(same[0].message, _MESSAGE_CHARACTERS)}), len(same))
        for same in list(found.values())[:_FAILURES]
    ]


def _shown(value: object) -> str | None:
    if value is None:
        return None
    return short(json.dumps(value, indent=2, ensure_ascii=False, default=str), _VALUE_CHARACTERS)


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)
