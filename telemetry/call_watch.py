"""What is told of one attempt of a call, from the worker that makes it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterator
from functools import cache
from typing import Any

from temporalio.exceptions import ApplicationError

from steps.errors import StepsError
from telemetry.families import CALL_SECONDS, CALLS
from telemetry.place import Call
from telemetry.recording import count, observe

_NO_PROVIDER = "none"


async def told(call: Call, work: Awaitable[Any]) -> Any:
    """Make the call, and tell how it went."""
    began, outcome = time.perf_counter(), "error"
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
        provider = call.provider or _NO_PROVIDER
        count(CALLS, call.workflow or _NO_PROVIDER, call.name, provider, outcome or "error", run=call.run)
        observe(CALL_SECONDS, time.perf_counter() - began, call.name, provider, run=call.run)
    return result


@cache
def _types() -> frozenset[str]:
    """Return the types of our own errors: an operator's activity may raise any, with a type of its own each time."""
    return frozenset(error.type for error in _below(StepsError))


def _below(error: type[StepsError]) -> Iterator[type[StepsError]]:
    yield error
    for one in error.__subclasses__():
        yield from _below(one)
