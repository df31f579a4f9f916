"""The product's processes with the vault on PostgreSQL, as the role that owns nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.stack import Stack
from settings import Settings
from tests.conftest import eventually
from tests.end_to_end.conftest import Shop
from tests.postgres import Deployed

pytestmark = pytest.mark.server


@pytest_asyncio.fixture(loop_scope="session")
async def shop(deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    deployed.empty()
    monkeypatch.setenv("STEPS_DATABASE_URL", deployed.application)  # of the API and the worker
    settings = Settings(data_dir=tmp_path / "data", api_port=0, database_url=deployed.application)
    stack = Stack(settings, lambda line: None)
    await stack.start()
    shop = Shop(stack)
    try:
        await shop.open()
        yield shop
    finally:
        await shop.close()
        await stack.stop()


async def test_an_order_becomes_one_page_although_the_database_was_away(shop: Shop, deployed: Deployed):
    run = await shop.order("#4001")
    await shop.waits(run, "create_record")
    await asyncio.to_thread(deployed.server.stop)
    try:
        refused = await shop.visitor.http.get(f"{shop.stack.addresses.api}/api/v1/connections")
        assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (503, "vault-unavailable")

        async def missed() -> bool:
            return "does not answer" in shop.stack.children["worker"].output()

        await eventually(missed)
    finally:
        await asyncio.to_thread(deployed.server.start)
    await shop.until(run, "completed")
    assert len(await shop.pages("#4001")) == 1
    assert not (shop.stack.data / "vault.db").exists()
