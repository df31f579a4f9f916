from __future__ import annotations

import asyncio
import json
import os
import sys

import pytest

from settings import ROOT
from tests.conftest import eventually
from tests.end_to_end.conftest import Shop

pytestmark = pytest.mark.server


async def command(shop: Shop, *arguments: str) -> str:
    """Run `python cli.py` as an operator of the stack does; return what it prints."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(ROOT / "cli.py"), *arguments, env={**os.environ, **shop.stack.env},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


async def test_an_operator_starts_watches_and_cancels_runs(shop: Shop):
    data = json.dumps({"name": "#4001", "total_price": 101})  # a person is asked: it waits for as long as this takes
    start = ("runs", "start", "ApproveOrder", "--data", data, "--key", "4001")
    assert (await command(shop, *start)).strip() == "approve-order/4001"
    assert "it had been started before" in await command(shop, *start)

    async def listed() -> bool:  # Temporal's list follows its store by a moment
        found = await shop.visitor.get("/api/v1/runs?workflow=ApproveOrder")
        return any(run["id"] == "approve-order/4001" for run in found["runs"])

    await eventually(listed)
    assert "approve-order/4001" in await command(shop, "runs", "list", "--workflow", "ApproveOrder")
    await shop.waits("approve-order/4001", "answered")
    shown = json.loads(await command(shop, "runs", "show", "approve-order/4001"))
    assert (shown["status"], shown["waiting"][0]["step"]) == ("running", "answered")
    await command(shop, "runs", "cancel", "approve-order/4001")
    await shop.until("approve-order/4001", "cancelled")


async def test_an_operator_sees_the_connection(shop: Shop):
    assert "my-notion" in await command(shop, "connections", "list")
    assert "my-notion works: Notion takes its token for the workspace" in await command(
        shop, "connections", "test", "my-notion"
    )
