"""A worker with the real activities on the real Temporal server, and a stand-in for Notion for each case."""

from __future__ import annotations

import asyncio
import re
import socket
import uuid
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import Receive, Scope, Send
from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from activities import Activities
from local.notion import HOME_PAGE_ID, ORDERS_DATABASE_ID, StandIn, Workspace, create_app
from local.notion.objects import Item
from settings import Settings
from tests.once.flows import AppendTwice, TryAgain, WriteToNotion
from vault import Account, LocalKeys, Secret, Signer, Tokens, Vault, migrate

_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")


class Fronts:
    """Hand each call to the stand-in whose token it carries, so that the cases have nothing in common."""

    def __init__(self) -> None:
        self.apps: dict[str, StandIn] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        token = headers.get(b"authorization", b"").decode().removeprefix("Bearer ")
        await self.apps[token](scope, receive, send)


@dataclass
class Case:
    """One connection, with a Notion of its own."""

    handle: str
    notion: StandIn
    bot: str

    @property
    def data(self) -> dict[str, Any]:
        return {"handle": self.handle, "database": ORDERS_DATABASE_ID, "page": HOME_PAGE_ID}

    @property
    def calls(self) -> list[str]:
        """Every call that arrived, without ids."""
        calls = self.notion.workspace.calls.as_json()
        return [f"{call['method']} {_IDS.sub(':id', call['path'])}" for call in calls]

    @property
    def made(self) -> dict[str, int]:
        """How many things of each kind the connection made, those in the trash too."""
        items: list[Item] = list(self.notion.workspace.items.values())
        return dict(Counter(item.kind for item in items if item.created_by == self.bot))

    def ids(self, kind: str) -> list[str]:
        items = self.notion.workspace.items.values()
        return [item.id for item in items if item.created_by == self.bot and item.kind == kind]


@dataclass
class Place:
    client: Client
    queue: str
    vault: Vault
    signer: Signer
    fronts: Fronts
    origin: str
    server: uvicorn.Server | None = None
    serving: asyncio.Task[None] | None = None
    listener: socket.socket | None = None

    async def start_notion(self) -> None:
        """Answer for Notion, again on the same port."""
        listener = socket.create_server(("127.0.0.1", int(self.origin.rpartition(":")[2])), backlog=512)
        self.listener = listener
        self.server = uvicorn.Server(uvicorn.Config(self.fronts, lifespan="off", log_config=None))
        self.serving = asyncio.create_task(self.server.serve([listener]))

    async def stop_notion(self) -> None:
        """Close the port, so that connections are refused."""
        assert self.server is not None
        assert self.serving is not None
        self.server.should_exit = True
        await self.serving
        if self.listener is not None:
            self.listener.close()

    async def case(self, handle: str | None = None) -> Case:
        handle = handle or f"case-{uuid.uuid4().hex[:12]}"
        notion = create_app(Workspace(client_id=handle, token_prefix=f"ntn_{handle}_"))
        token = notion.workspace.connect()
        grant = notion.workspace.grants.find(token)
        assert grant is not None
        self.fronts.apps[token] = notion
        account, pair = Account(id=grant.bot.id), Tokens(Secret(token), None)
        await self.vault.connections.save(handle, "notion", account, pair)
        return Case(handle, notion, grant.bot.id)

    async def start(
        self, case: Case, write: str, *, workflow: str = "WriteToNotion", **more: Any
    ) -> WorkflowHandle[Any, Any]:
        data = {**case.data, "write": write, **more}
        name = f"{workflow}/{write}/{uuid.uuid4()}"
        return await self.client.start_workflow(workflow, {"data": data, "headers": {}}, id=name, task_queue=self.queue)

    async def run(self, case: Case, write: str, **more: Any) -> Any:
        """Run a write, and return what its step returned."""
        record = await (await self.start(case, write, **more)).result()
        return record["result"]


@asynccontextmanager
async def placed(
    client: Client, folder: Path, workflows: Any = (WriteToNotion, AppendTwice, TryAgain), **options: Any
) -> AsyncGenerator[Place]:
    url = f"sqlite+aiosqlite:///{folder / 'vault.db'}"
    await migrate(url)
    vault = await Vault.open(url, LocalKeys.from_file(folder / "vault.key"))
    signer = Signer.from_file(folder / "signing.key")
    with socket.create_server(("127.0.0.1", 0)) as free:
        origin = f"http://127.0.0.1:{free.getsockname()[1]}"
    given = {"notion_origin": origin, "max_running_steps": 200, "notion_requests_per_second": 0, **options}
    settings = Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
    activities = Activities(vault, signer, settings, client=client)
    queue = f"once-{uuid.uuid4()}"
    try:
        async with Worker(
            client, task_queue=queue, workflows=list(workflows), activities=activities.all(),
            max_concurrent_activities=200,
        ):  # fmt: skip
            place = Place(client, queue, vault, signer, Fronts(), origin)
            await place.start_notion()
            yield place
            await place.stop_notion()
    finally:
        await activities.close()
        await vault.close()
