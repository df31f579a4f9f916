"""Runs, as a program starts and reads them."""

from __future__ import annotations

import asyncio
from typing import Any

from temporalio.client import Client

from tests.api.conftest import Place


async def start(place: Place, name: str, data: Any = None, **headers: str) -> str:
    async with place.program() as caller:
        answer = await caller.post(f"/api/v1/workflows/{name}/runs", json={"data": data}, headers=headers)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def read(place: Place, run_id: str) -> dict[str, Any]:
    async with place.program() as caller:
        answer = await caller.get(f"/api/v1/runs/{run_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def finished(place: Place, run_id: str) -> dict[str, Any]:
    """Return the run when it has ended; Temporal tells when, so that nothing sleeps."""
    client: Client = await place.app.state.services.temporal()
    await asyncio.gather(client.get_workflow_handle(run_id).result(), return_exceptions=True)
    return await read(place, run_id)
