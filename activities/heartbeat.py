from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from temporalio import activity

SECONDS = 3.0  # a third of the heartbeat time-out that steps set, so that one may get lost


@asynccontextmanager
async def heartbeats() -> AsyncGenerator[None, None]:
    """Tell Temporal that the call is under way, for as long as the block runs; this is how a cancellation arrives."""
    task = asyncio.create_task(_beat())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _beat() -> None:
    while True:
        await asyncio.sleep(SECONDS)  # first: a call that is over by then costs the server nothing
        activity.heartbeat()
