"""Reaching Temporal: short waits, and one problem when it does not answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from temporalio.service import RPCError, RPCStatusCode

from api.problems import TemporalUnavailable

logger = logging.getLogger("api")

RPC_TIMEOUT = timedelta(seconds=5)
QUERY_TIMEOUT = timedelta(seconds=3)
_LONGEST_SECONDS = 8.0
_ASK_AGAIN = {"Retry-After": "5"}
# What the caller did; anything else is an outage, for the caller's request was not at fault.
_ANSWERS = frozenset({RPCStatusCode.NOT_FOUND, RPCStatusCode.INVALID_ARGUMENT})


@asynccontextmanager
async def reaching_temporal() -> AsyncGenerator[None]:
    """Run calls of Temporal; an answer about the request passes as RPCError.

    Raises:
        TemporalUnavailable: there was no answer in time, or Temporal could not serve the call.
    """
    try:
        # The first call of a client connects, and no time-out of its own bounds that.
        async with asyncio.timeout(_LONGEST_SECONDS):
            yield
    except RPCError as error:
        if error.status in _ANSWERS and "amespace" not in error.message:
            raise
        raise _unavailable(f"{error.status.name}: {error.message}") from error
    except TimeoutError as error:
        raise _unavailable("no answer in time") from error
    except RuntimeError as error:  # how the client says that it cannot connect
        raise _unavailable(str(error)) from error


def _unavailable(reason: str) -> TemporalUnavailable:
    logger.warning("Temporal is unavailable: %s", reason)
    return TemporalUnavailable(
        "Nothing was lost that an earlier answer confirmed. Send the request again, with the same idempotency key.",
        headers=_ASK_AGAIN,
    )
