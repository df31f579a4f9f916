from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from temporalio.client import Client

from api.reach import RPC_TIMEOUT
from api.run_filters import quoted
from steps.attributes import CONNECTION, waits_for
from steps.reconnection import SIGNAL

logger = logging.getLogger("api")

_AT_ONCE = 20
_MOST_RUNS = 10_000
_LONGEST_SECONDS = 120.0


class WaitingRuns:
    """Tell the runs that wait for a connection that somebody has connected it again.

    In the background, and at most once: a run that is not told, because Temporal is away or its list is behind, looks
    by itself, the sooner the shorter it has waited.
    """

    def __init__(self, client: Callable[[], Awaitable[Client]], task_queue: str) -> None:
        self._client, self._queue = client, task_queue
        self._telling: set[asyncio.Task[None]] = set()

    def tell(self, handle: str) -> None:
        """Begin to tell them."""
        task = asyncio.create_task(self._tell(handle))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def close(self) -> None:
        """Stop telling."""
        for task in self._telling:
            task.cancel()
        await asyncio.gather(*self._telling, return_exceptions=True)

    async def _tell(self, handle: str) -> None:
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                told, failed = await self._signal_all(await self._client(), handle)
        except Exception as error:
            logger.warning(
                "The runs that wait for %s could not be told, and will look by themselves: %s", handle, error
            )
        else:
            if told or failed:
                logger.info("%s is connected again: %d runs told, %d could not be", handle, told, failed)

    async def _signal_all(self, client: Client, handle: str) -> tuple[int, int]:
        query = (
            f"TaskQueue = {quoted(self._queue)} AND ExecutionStatus = 'Running' "
            f"AND {CONNECTION.name} = {quoted(waits_for(handle))}"
        )
        found = client.list_workflows(query, page_size=1_000, limit=_MOST_RUNS, rpc_timeout=RPC_TIMEOUT)
        ids = [execution.id async for execution in found]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def signal(run_id: str) -> bool:
            async with gate:
                try:
                    await client.get_workflow_handle(run_id).signal(SIGNAL, handle, rpc_timeout=RPC_TIMEOUT)
                except Exception:
                    return False  # it has ended meanwhile, or looks by itself
            return True

        told = sum(await asyncio.gather(*map(signal, ids)))
        return told, len(ids) - told
