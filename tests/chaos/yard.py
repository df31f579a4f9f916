"""Worker processes that are killed while they work, the real Temporal server, and a stand-in for Notion."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn
from temporalio.client import Client, WorkflowHandle

from local.child import Child
from local.notion import ORDERS_DATABASE_ID, StandIn, Workspace, create_app
from local.notion.objects import Block, Page
from settings import ROOT
from vault import Account, LocalKeys, Secret, Tokens, Vault, migrate

HANDLE = "my-notion"
_MIGRATING = asyncio.Lock()  # Alembic does one at a time


@dataclass
class Yard:
    client: Client
    notion: StandIn
    bot: str
    env: dict[str, str]
    folder: Path
    workers: list[Child] = field(default_factory=list[Child])
    kills: int = 0

    async def start_worker(self, number: int = 0) -> None:
        """Start a worker, in the place of the one of that number."""
        name = f"worker-{number}-{time.time_ns()}"
        env = {**self.env, "PYTHONPATH": str(ROOT)}
        child = Child(name, [sys.executable, str(ROOT / "worker.py")], log=self.folder / f"{name}.log", env=env)
        self.workers[number:] = [child, *self.workers[number + 1 :]]

        async def ready() -> bool:
            return "Polling the task queue" in child.output()

        await child.start(ready)

    async def kill(self, number: int = 0) -> None:
        await self.workers[number].stop(signal.SIGKILL)
        self.kills += 1

    async def order(self, number: int, *, plain: bool, paragraph: bool = False) -> WorkflowHandle[Any, Any]:
        data = {"name": f"#{number}", "handle": HANDLE, "database": ORDERS_DATABASE_ID, "plain": plain}
        trigger = {"data": {**data, "paragraph": paragraph}, "headers": {}}
        queue = self.env["STEPS_TASK_QUEUE"]
        return await self.client.start_workflow("OrderPage", trigger, id=f"{queue}/{number}", task_queue=queue)

    def calls(self) -> Counter[str]:
        """How many calls arrived: the writes, and those that look for them."""
        calls = self.notion.workspace.calls.as_json()
        return Counter("writes" if _writes(call["method"], call["path"]) else "looks" for call in calls)

    def faults(self) -> int:
        return sum(call["fault"] is not None for call in self.notion.workspace.calls.as_json())

    def titles(self) -> Counter[str]:
        """How many pages there are of each order."""
        items = self.notion.workspace.items.values()
        pages = [item for item in items if isinstance(item, Page) and item.created_by == self.bot]
        return Counter(next(iter(page.values.values()))[0]["plain_text"] for page in pages)

    def paragraphs(self) -> Counter[str]:
        """How many paragraphs there are under each page."""
        return Counter(item.parent.id for item in self.notion.workspace.items.values() if isinstance(item, Block))


def _writes(method: str, path: str) -> bool:
    return method == "PATCH" or (method == "POST" and path == "/v1/pages")


@asynccontextmanager
async def opened(client: Client, folder: Path, queue: str, *, workers: int = 1, settle: float) -> AsyncGenerator[Yard]:
    """Open a yard with so many workers."""
    vault_url = f"sqlite+aiosqlite:///{folder / 'vault.db'}"
    async with _MIGRATING:
        await migrate(vault_url)
    notion = create_app(Workspace())
    grant = notion.workspace.grants.find(notion.workspace.connect())
    assert grant is not None
    vault = await Vault.open(vault_url, LocalKeys.from_file(folder / "master.key"))
    account = Account(id=grant.bot.id)
    await vault.connections.save(HANDLE, "notion", account, Tokens(Secret(grant.access_token), None))
    await vault.close()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1_024)
    server = uvicorn.Server(uvicorn.Config(notion, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([listener]))
    env = {
        "TEMPORAL_ADDRESS": client.service_client.config.target_host,
        "STEPS_DATA_DIR": str(folder),
        "STEPS_TASK_QUEUE": queue,
        "STEPS_WORKFLOWS_DIR": str(Path(__file__).parent / "flows"),
        "STEPS_NOTION_ORIGIN": f"http://127.0.0.1:{listener.getsockname()[1]}",
        "STEPS_NOTION_SETTLE_SECONDS": str(settle),
        "STEPS_NOTION_REQUESTS_PER_SECOND": "0",
        "STEPS_MAX_RUNNING_STEPS": "400",
        "PYTHONUNBUFFERED": "1",
    }
    yard = Yard(client, notion, grant.bot.id, env, folder)
    try:
        await asyncio.gather(*(yard.start_worker(number) for number in range(workers)))
        yield yard
    finally:
        await asyncio.gather(*(child.stop(signal.SIGKILL) for child in yard.workers))
        server.should_exit = True
        await serving
        listener.close()
