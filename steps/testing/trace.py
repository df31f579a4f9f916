"""A run as a text to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from steps.record import LogLine, RunRecord
from steps.testing.call import Call
from steps.testing.lines import StepName, steps_of


@dataclass(frozen=True)
class Moment:
    """Something that happened and is neither a step, a call nor a line of the log."""

    at: datetime
    text: str
    kept: bool = True


class _Line(NamedTuple):
    """One line; those of the same time stand by step, and within it in the order of `rank`."""

    offset: float
    step: int
    rank: int
    number: int
    text: str


def trace(
    workflow: str, run_id: str, status: str, record: RunRecord, calls: Sequence[Call], moments: Sequence[Moment]
) -> str:
    """Return what happened in a run, a line each, with the virtual time since it began."""
    since = record.started_at
    if since is None:
        return f"{workflow}, run {run_id}: nothing is known of it"
    steps = steps_of(record)

    def line(at: datetime, rank: int, number: int, text: str, step: str | None, branch: int | None = None) -> _Line:
        offset = round((at - since).total_seconds(), 3)
        return _Line(offset, _index(steps, step, branch, offset), rank, number, text)

    lines = [_Line(step.began, index, 0, index, _begun(step)) for index, step in enumerate(steps)]
    lines += [line(one.at, 1, number, f"  {_said(one)}", one.step, one.branch) for number, one in enumerate(record.log)]
    lines += [line(one.at, 2, number, f"  {one}", one.step) for number, one in enumerate(calls)]
    for number, one in enumerate(moments):
        step, dot, what = one.text.partition(" · ")
        lines.append(line(one.at, 3, number, f"  {what if dot else one.text}", step if dot else None))
    head = f"{workflow}, run {run_id}, began {since:%Y-%m-%d %H:%M:%S} UTC"
    return "\n".join([head, *_timed(sorted(lines)), *_end(status, record, since)])


def _index(steps: Sequence[StepName], step: str | None, branch: int | None, offset: float) -> int:
    """Return the place of the step that a line belongs to; a line of none stands after the steps of its time."""
    for index, one in enumerate(steps):
        if one == step and branch in (None, one.branch) and one.began <= offset <= one.ended + 0.001:
            return index
    # A wait that has expired is no step; what runs in its place has its branch.
    following = (index - 1 for index, one in enumerate(steps) if one.branch == branch and one.began >= offset)
    return next(following, len(steps))


def _begun(step: StepName) -> str:
    return f"{step} (attempt {step.attempt})" if step.attempt > 1 else str(step)


def _said(line: LogLine) -> str:
    level = "" if line.level == "info" else f"{line.level}: "
    fields = "".join(f" {name}={value!r}" for name, value in line.fields.items())
    return f"log: {level}{line.message}{fields}"


def _timed(lines: Sequence[_Line]) -> list[str]:
    texts: list[str] = []
    before = 0.0
    for line in lines:
        if line.offset - before >= 1:
            texts.append(f"{'…':>17}  {_span(line.offset - before)} pass")
        texts.append(f"{_span(line.offset):>17}  {line.text}")
        before = line.offset
    return texts


def _end(status: str, record: RunRecord, since: datetime) -> list[str]:
    texts = [f"{'running':>17}  {one.step}" for one in record.running]
    for one in record.waiting:
        when = _span((one.due - since).total_seconds())
        texts.append(f"{'waiting':>17}  {one.step} {'for an event, until' if one.wait_id else 'runs at'} {when}")
    result = "" if record.result is None else f", with the result {record.result!r}"
    return [*texts, f"{status:>17}  {record.steps_done} steps done{result}"]


def _span(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
