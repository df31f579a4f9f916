"""The schedule that a class declares, and nothing that a test has made."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from temporalio.service import RPCError

from schedules.reconcile import reconcile
from steps.discovery import discover
from tests.api.conftest import FLOWS, QUEUE, Place

DECLARED = f"{QUEUE}/planned"


@asynccontextmanager
async def planned(place: Place) -> AsyncGenerator[None]:
    """Have the declared schedule there, and delete all of the queue afterwards."""
    client = await place.app.state.services.temporal()
    await reconcile(client, QUEUE, discover(FLOWS).workflows, complete=False)
    yield
    async for entry in await client.list_schedules():
        if entry.id.startswith(f"{QUEUE}/"):
            with suppress(RPCError):
                await client.get_schedule_handle(entry.id).delete()
