"""The whole product as processes, for a program that reads the OpenAPI document and tries everything that it allows."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from local.demo import sign_in_link
from local.order import ORDER
from local.stack import Stack
from local.visitor import Visitor
from settings import Settings
from tests.contract.front import Front
from vault.opening import open_vault


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def front(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    """A started stack in which there is one of each thing that an address may name."""
    stack = Stack(Settings(data_dir=tmp_path_factory.mktemp("contract"), api_port=0), lambda _line: None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEPS_FAILED_SIGN_INS_PER_MINUTE", "10000")  # it tries every operation with wrong keys, too
        await stack.start()
    visitor = Visitor(stack.addresses.api)
    try:
        settings = stack.settings
        vault = await open_vault(settings.vault_url, settings.master_key_text, settings.master_key_path)
        _, key = await vault.api_keys.create("contract", ["admin"])
        await vault.close()
        await visitor.sign_in(await sign_in_link(stack))
        await visitor.connect_notion("my-notion")
        (hook,) = [one["hook_url"] for one in await visitor.get("/api/v1/workflows") if one["name"] == "ApproveOrder"]
        run = await visitor.post(hook.removeprefix(stack.addresses.api), ORDER)
        schedule = await visitor.post(
            "/api/v1/schedules", {"workflow": "ApproveOrder", "cron": "0 3 * * *", "data": ORDER}
        )
        events = (await visitor.get("/api/v1/webhooks/notion"))["address"]
        yield Front(
            address=stack.addresses.api,
            key=key.reveal(),
            hook_secret=hook.rsplit("/", 1)[1],
            events_secret=events.rsplit("/", 1)[1],
            run_id=run["id"],
            schedule_id=schedule["id"],
        )
    finally:
        await visitor.close()
        await stack.stop()
