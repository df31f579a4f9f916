"""A run as people read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from api.views import RunView
from steps.reconnection import how_to


def run_lines(run: RunView) -> Iterator[str]:
    """Give the lines: status, steps, log, then the result or the failures."""
    yield f"{run.id}  {run.status.replace('_', ' ')}"
    yield from _steps(run)
    if run.log:
        yield "Log:"
    if run.log_dropped:
        yield f"  ({run.log_dropped} older lines were dropped)"
    for line in run.log or ():
        fields = f"  {_json(line.fields)}" if line.fields else ""
        yield f"  {line.at:%H:%M:%S} {line.level:7} {line.step or '-'}: {line.message}{fields}"
    if run.failures:
        yield f"Failures: {run.failure_count}"
    for failure in run.failures:
        place = f" ({failure.where})" if failure.where else ""
        yield f"  {failure.step}, branch {failure.branch}: {failure.type}: {failure.message}{place}"
    if run.result is not None:
        yield "Result:"
        yield from (f"  {line}" for line in _json(run.result, indent=2).splitlines())
    if run.note:
        yield run.note
    yield run.ui_url


def _steps(run: RunView) -> Iterator[str]:
    yield f"Steps: {run.steps_done} done, {len(run.current_steps)} running, {run.waiting_count} waiting"
    for step in run.current_steps:
        yield f"  running  {step.step}"
    for lost in run.lost_connections:
        yield f"  waiting  for {lost.handle} to be connected again: {how_to(lost.handle)}"
    for step in run.waiting:
        what = "an event, until" if step.wait_id else "its time,"
        yield f"  waiting  {step.step} for {what} {step.due:%Y-%m-%d %H:%M:%S} UTC"


def _json(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
