"""`python -m bench.paced_hand`: a worker by hand, which leaves the pace to the server, or keeps a bucket of its own."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from functools import cache

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import Priority, RetryPolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError
from temporalio.worker import PollerBehaviorAutoscaling, Worker

with workflow.unsafe.imports_passed_through():
    import httpx

    from temporal import leave

QUEUE = "paced-hand"
BUCKET = "BENCH_BUCKET"  # how many calls a second of each connection this worker lets pass; 0 for all


class Buckets:
    """Space the calls of each connection, in this process alone."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._next: dict[str, float] = {}

    async def wait(self, handle: str) -> None:
        """Return when it is the call's turn."""
        if self._rate:
            now = asyncio.get_running_loop().time()
            slot = max(now, self._next.get(handle, 0.0))
            self._next[handle] = slot + 1 / self._rate
            await asyncio.sleep(slot - now)


@cache
def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=os.environ["STEPS_NOTION_ORIGIN"], timeout=30, trust_env=False)


@cache
def _buckets() -> Buckets:
    return Buckets(float(os.environ.get(BUCKET, "0")))


@activity.defn
async def post(handle: str) -> None:
    """Make the call."""
    await _buckets().wait(handle)
    answer = await _client().post("/v1/pages", json={}, headers={"Authorization": f"Bearer {handle}"})
    if answer.status_code == 429:
        delay = timedelta(seconds=float(answer.headers["retry-after"]))
        raise ApplicationError("too early", type="RateLimited", next_retry_delay=delay)


@workflow.defn
class HandCall:
    """Make one call."""

    @workflow.run
    async def run(self, handle: str, asked: bool) -> None:
        """Call, with the priority of one that is waited for or not."""
        await workflow.execute_activity(
            post,
            handle,
            start_to_close_timeout=timedelta(minutes=10),
            retry_policy=RetryPolicy(maximum_attempts=100),
            priority=Priority(priority_key=1 if asked else None, fairness_key=handle),
        )


async def _work() -> None:
    client = await Client.connect(os.environ["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter)
    async with Worker(
        client,
        task_queue=QUEUE,
        workflows=[HandCall],
        activities=[post],
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(),
        activity_task_poller_behavior=PollerBehaviorAutoscaling(),
        max_concurrent_activities=100,
        disable_eager_activity_execution=True,  # what is handed over at once goes past the server's limit
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_work())
    leave(0)
