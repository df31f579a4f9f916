"""`uvicorn bench.hand_api:create_app --factory`: the least that a shop could be given, one route that starts a run."""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

QUEUE = "hand-starts"


async def start_by_hand(client: Client, order: dict[str, Any]) -> str:
    """Start a run; return its id once Temporal has stored it."""
    handle = await client.start_workflow("HandOrder", order, id=f"hand/{uuid.uuid4()}", task_queue=QUEUE)
    return handle.id


def create_app() -> FastAPI:
    """Return the app: no token, no signature, no limit."""
    clients: list[Client] = []

    @asynccontextmanager
    async def connected(_: FastAPI) -> AsyncGenerator[None]:
        clients.append(await Client.connect(os.environ["TEMPORAL_ADDRESS"], data_converter=pydantic_data_converter))
        yield

    app = FastAPI(lifespan=connected)

    @app.post("/orders", status_code=202)
    async def take(order: dict[str, Any]) -> dict[str, str]:  # pyright: ignore[reportUnusedFunction]  # by its route
        return {"id": await start_by_hand(clients[0], order)}

    return app
