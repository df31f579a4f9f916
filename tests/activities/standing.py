"""The stand-in for Notion, at an address, and an account of it that is connected."""

from __future__ import annotations

import socket
from asyncio import create_task
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn

from local.notion import StandIn, Workspace, create_app
from tests.activities.conftest import CLIENT_SECRET, World


def stand_in() -> StandIn:
    return create_app(Workspace(client_id="client", client_secret=CLIENT_SECRET, token_prefix="ntn_canary"))


@asynccontextmanager
async def standing(world: World, notion: StandIn) -> AsyncGenerator[str]:
    """Serve the stand-in, and connect `my-notion` to it; give its origin."""
    listener = socket.create_server(("127.0.0.1", 0))  # it listens from here on, so nobody has to wait
    server = uvicorn.Server(uvicorn.Config(notion, lifespan="off", log_config=None))
    serving = create_task(server.serve([listener]))
    grant = notion.workspace.grants.find(notion.workspace.connect())
    assert grant is not None
    await world.connect(access=grant.access_token, refresh=grant.refresh_token)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving


def asked(notion: StandIn) -> list[str]:
    """Return the calls that Notion had, such as `POST /pages`."""
    return [f"{call['method']} {call['path'].removeprefix('/v1')}" for call in notion.workspace.calls.as_json()]
