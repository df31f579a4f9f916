"""A receiver of events of connections, and the deployment that tells it of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from pydantic import SecretStr
from standardwebhooks import Webhook
from temporalio.client import Client
from temporalio.worker import Worker as TemporalWorker

from activities import Activities
from activities.tasks import keep_connections
from settings import Settings
from steps.connection_tasks import Told
from steps.dedupe import own_workflows
from tests.activities.conftest import World
from tests.activities.servers import Call, Server, reply

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
TOLD = Told(
    id="0a" * 16,
    at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    type="connection.needs_reauthorization",
    data={"id": "1b" * 16, "handle": "my-notion", "provider": "notion", "workspace": {"id": "w", "name": "Shöp"}},
)


@dataclass
class Receiver:
    """Takes events that are signed, as many times as it is told to fail first."""

    failures: int = 0
    status: int = 500
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    ids: list[str] = field(default_factory=list[str])

    async def answer(self, call: Call) -> bytes:
        event = Webhook(SECRET).verify(call.body, call.headers)
        self.ids.append(call.headers["webhook-id"])
        if self.failures:
            self.failures -= 1
            return reply(self.status, "canary")
        self.taken.append(event)
        return reply(204)

    def types(self, handle: str = "my-notion") -> list[str]:
        return sorted(event["type"] for event in self.taken if event["data"]["handle"] == handle)


def options(server: Server) -> dict[str, Any]:
    return {
        "events_url": f"{server.origin}/events?for=us",
        "events_secret": SecretStr(SECRET),
        "egress_private_hosts": (server.authority,),
    }


@asynccontextmanager
async def deployed(world: World, client: Client, **given: Any) -> AsyncGenerator[tuple[Settings, Callable[[], Any]]]:
    """Give the settings of a deployment, and a way to run a worker of it."""
    given = {"task_queue": f"telling-{uuid4()}", "notion_requests_per_second": 0} | given
    settings = Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
    activities = Activities(world.vault, world.signer, settings, world.resolve, client=client)
    queue = settings.task_queue

    def worker() -> TemporalWorker:
        return TemporalWorker(client, task_queue=queue, workflows=own_workflows(), activities=activities.all())

    yield settings, worker
    await activities.close()


@asynccontextmanager
async def keeping(world: World, client: Client, settings: Settings) -> AsyncGenerator[None]:
    task = asyncio.create_task(keep_connections(world.vault, client, settings))
    yield
    task.cancel()
    await asyncio.wait([task])
