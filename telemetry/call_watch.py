"""What is told of one attempt of a call, from the worker that makes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterator
from functools import cache
from typing import Any

from temporalio.exceptions import ApplicationError

from steps.definition import OWN_NAMES
from steps.errors import StepsError
from telemetry.families import CALL_SECONDS, CALLS
from telemetry.ids import SpanId, run_span, step_span
from telemetry.place import Call
from telemetry.recording import count, observe, tell
from telemetry.spans import Span, Value, of_run

_NO_PROVIDER = "none"


async def told(call: Call, work: Awaitable[Any]) -> Any:
    """Make the call, and tell how it went."""
    began, clock, outcome = time.perf_counter(), time.time_ns(), "error"
    try:
        result = await work
        outcome = "ok"
    except asyncio.CancelledError:
        outcome = "cancelled"
        raise
    except ApplicationError as error:
        outcome = error.type if error.type in _types() else "error"
        raise
    finally:
        provider, seconds = call.provider or _NO_PROVIDER, time.perf_counter() - began
        count(CALLS, call.workflow or _NO_PROVIDER, call.name, provider, outcome or "error", run=call.run)
        observe(CALL_SECONDS, seconds, call.name, provider, run=call.run)
        if call.run is not None:
            error = None if outcome == "ok" else outcome
            tell(
                Span(
                    call.span,
                    f"call {call.name}",
                    clock,
                    clock + int(seconds * 1e9),
                    said_of(call),
                    _above(call),
                    error=error,
                )
            )
    return result


def said_of(call: Call) -> dict[str, Value | None]:
    """Return the attributes that the spans of a call have."""
    return of_run(
        call.run, call.workflow, step=call.step, branch=call.branch, attempt=call.attempt, call=call.name,
        call_attempt=call.number, connection=call.connection, provider=call.provider,
    )  # fmt: skip


def _above(call: Call) -> SpanId | None:
    run = call.run or ""
    if call.step is not None and call.branch is not None:
        return step_span(run, call.step, call.branch, call.attempt or 1)
    own = call.workflow is None or call.workflow.startswith(OWN_NAMES)  # of which no span tells
    return None if own else run_span(run)


@cache
def _types() -> frozenset[str]:
    """Return the types of our own errors: an operator's activity may raise any, with a type of its own each time."""
    return frozenset(error.type for error in _below(StepsError))


def _below(error: type[StepsError]) -> Iterator[type[StepsError]]:
    yield error
    for one in error.__subclasses__():
        yield from _below(one)
