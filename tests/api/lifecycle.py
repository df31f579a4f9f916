"""A deployment whose worker really calls the stand-in for Notion."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from temporalio.client import Client
from temporalio.worker import Worker

from activities import Activities
from activities.tasks import keep_connections
from steps.dedupe import own_workflows
from tests.api.browsing import begin, consent
from vault import Signer, Vault

if TYPE_CHECKING:
    from tests.api.conftest import Place


@dataclass
class Deployment:
    """An application, a stand-in at an address, and workers where a test starts them."""

    place: Place
    client: Client
    origin: str

    @property
    def vault(self) -> Vault:
        return self.place.vault

    async def connect(self, handle: str = "my-notion", **who: str) -> None:
        async with self.place.signed_in() as visitor:
            answer = await visitor.get(await consent(self.place.notion, await begin(visitor, handle), **who))
        assert answer.status_code == 303, answer.text

    async def fault(self, path: str, kind: str, times: int = 1_000) -> None:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.place.notion), base_url=self.origin) as notion:
            fault = {"method": "*", "path": path, "kind": kind, "times": times}
            assert (await notion.post("/_local/faults", json=[fault])).status_code == 200

    def asked(self, path: str) -> int:
        return sum(call["path"] == path for call in self.place.notion.workspace.calls.as_json())

    async def live(self) -> int:
        """How many grants Notion still has."""
        grants = self.place.notion.workspace.grants
        return len(set(map(id, [*grants._access.values(), *grants._refresh.values()])))  # pyright: ignore[reportPrivateUsage]  # what it tests

    @asynccontextmanager
    async def working(self) -> AsyncGenerator[None]:
        """Run a worker, with what it does beside its polling."""
        settings = self.place.settings
        activities = Activities(self.vault, Signer(b"s" * 32), settings, client=self.client)
        keeping = asyncio.create_task(keep_connections(self.vault, self.client, settings))
        try:
            async with Worker(
                self.client, task_queue=settings.task_queue, workflows=own_workflows(), activities=activities.all()
            ):
                yield
        finally:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
            await activities.close()
