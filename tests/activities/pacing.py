"""Calls that are paced, and the moments at which they came."""

from __future__ import annotations

import dataclasses
import time
from typing import Any

from temporalio.common import RetryPolicy

from steps.http import FetchRequest, NotionRequest
from tests.activities.conftest import Worker
from tests.activities.servers import Call, reply
from vault import Limit

RATE = 20.0
LIMIT = Limit.per_second(RATE * 0.98, 2)
PAGE = reply(200, {"object": "page"})
URL = "https://api.notion.com/v1/pages/1"


class Clocked:
    """Answer, and remember when each call came."""

    def __init__(self, answer: bytes = PAGE) -> None:
        self.moments: list[float] = []
        self.answer = answer

    async def __call__(self, _call: Call) -> bytes:
        self.moments.append(time.monotonic())
        return self.answer


async def fetch(worker: Worker, seal: str, *, attempt: int = 1, attempts: int = 5, **fields: Any) -> Any:
    """Make a fetch, with the token of a seal."""
    environment = worker.environment()
    policy = RetryPolicy(maximum_attempts=attempts)
    environment.info = dataclasses.replace(environment.info, attempt=attempt, retry_policy=policy)
    request = FetchRequest(url=URL, headers={"Authorization": f"Bearer {seal}"}, **fields)
    return await environment.run(worker.activities.fetch, request)


async def notion(worker: Worker, handle: str = "my-notion") -> Any:
    request = NotionRequest(handle=handle, method="GET", path="/v1/pages/1")
    return await worker.environment().run(worker.activities.notion, request)
