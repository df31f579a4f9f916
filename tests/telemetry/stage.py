"""An API and a worker that forgets every run at once, in this process, with all that they tell of themselves."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from temporalio.client import Client, WorkflowFailureError
from temporalio.worker import Worker

from activities import Activities
from api.app import create_app
from api.hooks import hook_address
from local.notion import HOME_PAGE_ID, StandIn, Workspace
from local.notion import create_app as create_notion
from logs import make_formatter
from settings import Settings
from steps.dedupe import own_workflows
from steps.discovery import discover
from telemetry.ids import trace_of
from telemetry.recording import recorder
from tests.telemetry.receiver import Receiver, Seen
from vault import Account, LocalKeys, Secret, Signer, Tokens, Vault, migrate

FLOWS = Path(__file__).parent / "observed"
HANDLE = "my-notion"
TITLE = "Order of Ada Canary"
"""What only the payload says: nothing that is told of a run may hold it."""


class Lines(logging.Handler):
    """Keep every line as a process would write it."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(make_formatter("json"))
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@dataclass
class Stage:
    client: Client
    settings: Settings
    vault: Vault
    app: FastAPI
    notion: StandIn
    metrics: str
    receiver: Receiver
    log: Lines = field(default_factory=Lines)

    async def spans_of(self, run: str) -> list[Seen]:
        """Return the spans of a run's trace, as the collector has them."""
        traces = recorder().traces
        assert traces is not None
        await asyncio.to_thread(traces.flush)
        return [span for span in self.receiver.spans if span.trace == trace_of(run)]

    async def scraped(self, accept: str = "application/openmetrics-text") -> str:
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(f"http://{self.metrics}/metrics", headers={"Accept": accept})).text

    def lines_of(self, run: str) -> list[dict[str, Any]]:
        return [line for line in self.log.lines if line.get("run") == run]

    async def post(self, path: str, **how: Any) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://steps.test") as http:
            return await http.post(path, **how)

    async def trigger(self, workflow: str, key: str | None = None, **headers: str) -> str:
        """Deliver an order to a workflow's trigger; return the run's id."""
        address = hook_address(self.settings, self.app.state.services.signer, workflow)
        headers = {"Idempotency-Key": key or uuid.uuid4().hex, **headers}
        answer = await self.post(address, json={"name": TITLE, "page": HOME_PAGE_ID}, headers=headers)
        assert answer.is_success, answer.text
        return answer.json()["id"]

    async def end(self, run: str) -> None:
        """Wait until a run has ended, well or not."""
        with suppress(WorkflowFailureError):
            await self.client.get_workflow_handle(run).result()


@asynccontextmanager
async def staged(
    client: Client, folder: Path, metrics: str, receiver: Receiver, **options: Any
) -> AsyncGenerator[Stage]:
    """Run everything."""
    notion = create_notion(Workspace(client_id="c", token_prefix="ntn_canary_"))
    listener = socket.create_server(("127.0.0.1", 0))  # it listens from here on, so nobody has to wait
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(notion, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([listener]))
    given = {
        "data_dir": folder, "notion_origin": origin, "notion_requests_per_second": 0, "workflows_dir": FLOWS,
        "task_queue": f"telemetry-{uuid.uuid4()}", "public_url": "http://steps.test", **options,
    }  # fmt: skip
    settings = Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
    await migrate(settings.vault_url)
    vault = await Vault.open(settings.vault_url, LocalKeys.from_file(folder / "master.key"))
    token = notion.workspace.connect()
    await vault.connections.save(HANDLE, "notion", Account(id="bot"), Tokens(Secret(token), None))
    activities = Activities(vault, Signer.from_file(folder / "signing.key"), settings, client=client)
    stage = Stage(client, settings, vault, create_app(settings, client=client, vault=vault), notion, metrics, receiver)
    root = logging.getLogger()
    level = root.level
    root.addHandler(stage.log)
    root.setLevel(logging.INFO)
    try:
        async with Worker(
            client, task_queue=settings.task_queue, activities=activities.all(), max_cached_workflows=0,
            workflows=[*discover(FLOWS).workflows.values(), *own_workflows()],
        ):  # fmt: skip
            yield stage
    finally:
        root.removeHandler(stage.log)
        root.setLevel(level)
        await activities.close()
        await vault.close()
        server.should_exit = True
        await serving
