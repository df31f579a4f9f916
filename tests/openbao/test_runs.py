"""Runs while OpenBao is sealed: they wait, and go on."""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from local.notion import Workspace, create_app
from settings import Settings
from tests.conftest import eventually
from tests.openbao.conftest import RoleOf, opened, settings_of
from tests.openbao.server import Server
from tests.steps.harness import ended, start
from vault import Account, Secret, Tokens
from worker import run_worker

pytestmark = pytest.mark.server


@pytest.fixture
async def notion(url: str, role: RoleOf) -> AsyncIterator[str]:
    """The stand-in for Notion, with an account that the API has connected."""
    app = create_app(Workspace(client_id="client", client_secret="secret", token_prefix="ntn_canary"))
    api = await opened(url, role("api"), "seal")
    await api.connections.save("my-notion", "notion", Account("bot"), Tokens(Secret(app.workspace.connect()), None))
    await api.close()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


@pytest.fixture
def settings(
    openbao: Server, url: str, notion: str, dev_server: WorkflowEnvironment, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    monkeypatch.setenv("TEMPORAL_ADDRESS", dev_server.client.service_client.config.target_host)
    return settings_of(
        openbao, "worker", database_url=url, signing_key=base64.b64encode(b"s" * 32).decode(), notion_origin=notion, egress_private_hosts=notion.removeprefix("http://"),
        task_queue=f"openbao-{uuid.uuid4()}", workflows_dir=Path(__file__).parent / "asking", shutdown_seconds=1,
    )  # fmt: skip


@asynccontextmanager
async def working(settings: Settings) -> AsyncGenerator[asyncio.Task[None]]:
    stop = asyncio.Event()
    task = asyncio.create_task(run_worker(settings, stop))
    try:
        yield task
    finally:
        stop.set()
        await task


async def ask(server: WorkflowEnvironment, settings: Settings) -> WorkflowHandle[Any, Any]:
    return await start(server.client, settings.task_queue, "Asks", {"url": "https://api.notion.com/v1/users/me"})


async def waiting(handle: WorkflowHandle[Any, Any], kind: str) -> None:
    """Wait until the history tells that a call was not made for this reason."""

    async def told() -> bool:
        return kind in str([event async for event in handle.fetch_history_events()])

    await eventually(told)


async def test_a_call_waits_while_openbao_is_sealed_and_goes_on(
    openbao: Server, dev_server: WorkflowEnvironment, settings: Settings
) -> None:
    async with working(settings):
        first = await ended(await ask(dev_server, settings))
        assert (first.result, first.failures) == ({"status": 200, "same": True}, [])
        openbao.seal()
        try:
            handles = [await ask(dev_server, settings) for _ in range(3)]
            for handle in handles:
                await waiting(handle, "key-provider-sealed")
                assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
        finally:
            openbao.unseal()
        for handle in handles:
            record = await ended(handle)
            assert (record.result, record.failures) == ({"status": 200, "same": True}, [])
            assert "ntn_canary" not in str([event async for event in handle.fetch_history_events()])


async def test_a_call_waits_while_the_role_is_denied_and_goes_on(
    openbao: Server, dev_server: WorkflowEnvironment, settings: Settings
) -> None:
    policy = openbao.root("GET", "sys/policies/acl/steps-worker")["data"]["policy"]
    async with working(settings):
        assert (await ended(await ask(dev_server, settings))).result["status"] == 200
        openbao.root("POST", "sys/policies/acl/steps-worker", {"policy": 'path "none" { capabilities = ["read"] }'})
        try:
            handle = await ask(dev_server, settings)
            await waiting(handle, "key-provider-denied")
        finally:
            openbao.root("POST", "sys/policies/acl/steps-worker", {"policy": policy})
        assert (await ended(handle)).result["status"] == 200


async def test_a_worker_that_starts_while_openbao_is_sealed_waits(
    openbao: Server, dev_server: WorkflowEnvironment, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    openbao.seal()
    try:
        with caplog.at_level(logging.WARNING, "worker"):
            async with working(settings):

                async def told() -> bool:
                    return "OpenBao is sealed: unseal it. (key-provider-sealed)" in caplog.text

                await eventually(told)
                openbao.unseal()
                handle = await ask(dev_server, settings)
                assert (await ended(handle)).result == {"status": 200, "same": True}
    finally:
        openbao.unseal()
