from __future__ import annotations

import asyncio
import functools
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from api.app import create_app
from local.notion import StandIn, Workspace
from local.notion import create_app as create_notion
from settings import Settings
from steps.dedupe import own_workflows
from steps.discovery import discover
from tests.api.browsing import NOTION_URL, Recorder, browser, program, sign_in
from tests.api.lifecycle import Deployment
from tests.own_vault import migrated_file, own_settings, vault
from tests.steps.harness import Outside
from vault import Vault

__all__ = ["migrated_file", "vault"]

discover_once = functools.cache(discover)
FLOWS = Path(__file__).parent / "flows"
QUEUE = "api-tests"
CANARY = "ntn_canary_"


@dataclass
class Place:
    """Everything that one test talks to."""

    app: FastAPI
    settings: Settings
    vault: Vault
    key: str
    key_id: str
    notion: StandIn
    sent: Recorder

    def browser(self, **headers: str) -> httpx.AsyncClient:
        return browser(self.app, **headers)

    def program(self) -> httpx.AsyncClient:
        return program(self.app, self.key)

    @asynccontextmanager
    async def signed_in(self) -> AsyncGenerator[httpx.AsyncClient]:
        async with self.browser() as visitor:
            await sign_in(visitor, self.key)
            yield visitor


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return own_settings(
        tmp_path,
        task_queue=QUEUE,
        workflows_dir=FLOWS,
        notion_client_id="local-client",
        notion_client_secret=SecretStr("local-secret"),
        notion_origin=NOTION_URL,
        temporal_ui_url="http://ui.test",
    )


@pytest_asyncio.fixture(loop_scope="session")
async def make_place(vault: Vault) -> AsyncIterator[Callable[..., Place]]:
    """Make applications over one vault, with whatever settings and Temporal client."""
    key, text = await vault.api_keys.create("tests", ("admin",))
    clients: list[httpx.AsyncClient] = []

    def make(settings: Settings, client: Client | None = None) -> Place:
        notion = create_notion(Workspace(token_prefix=CANARY))
        sent = Recorder(httpx.ASGITransport(notion))
        provider_http = httpx.AsyncClient(transport=sent)
        clients.append(provider_http)
        app = create_app(settings, client=client, vault=vault, provider_http=provider_http)
        return Place(app, settings, vault, text.reveal(), key.id, notion, sent)

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def place(make_place: Callable[..., Place], settings: Settings) -> Place:
    """An application without Temporal: nothing listens where it would connect."""
    return make_place(settings)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def worker(dev_server: WorkflowEnvironment) -> AsyncIterator[Client]:
    """A worker for the small workflows of these tests."""
    found = discover(FLOWS)
    assert not found.problems
    async with Worker(
        dev_server.client,
        task_queue=QUEUE,
        workflows=[*found.workflows.values(), *own_workflows()],
        activities=Outside().all(),
    ):
        yield dev_server.client


@pytest.fixture
def running(make_place: Callable[..., Place], settings: Settings, worker: Client) -> Place:
    """An application with Temporal and a worker."""
    return make_place(settings, worker)


@pytest_asyncio.fixture(loop_scope="session")
async def deployment(vault: Vault, settings: Settings, dev_server: WorkflowEnvironment) -> AsyncIterator[Deployment]:
    notion = create_notion(Workspace(token_prefix=CANARY))
    listener = socket.create_server(("127.0.0.1", 0))  # it listens from here on, so nobody has to wait
    origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    server = uvicorn.Server(uvicorn.Config(notion, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([listener]))
    settings = settings.model_copy(
        update={
            "notion_origin": origin,
            "task_queue": f"lifecycle-{uuid4()}",
            "notion_client_secret": SecretStr("local-secret"),
            "notion_requests_per_second": 0,
        }
    )
    key, text = await vault.api_keys.create("tests", ("admin",))
    sent = Recorder(httpx.ASGITransport(notion))
    async with httpx.AsyncClient(transport=sent) as provider_http:
        app = create_app(settings, client=dev_server.client, vault=vault, provider_http=provider_http)
        place = Place(app, settings, vault, text.reveal(), key.id, notion, sent)
        yield Deployment(place, dev_server.client, origin)
    server.should_exit = True
    await serving


@pytest.fixture(autouse=True)
def discovered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each application would load the same files in the sandbox again."""
    monkeypatch.setattr("api.services.discover", discover_once)


@pytest.fixture(autouse=True)
def no_temporal_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    monkeypatch.setenv("TEMPORAL_CONFIG_FILE", str(tmp_path / "none.toml"))
