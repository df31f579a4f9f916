"""References of seals: which ones open, and what is said of those that do not."""

from __future__ import annotations

import pytest

from tests.activities.conftest import FLOW, World
from tests.activities.mirror import PAGES, mirror
from tests.activities.servers import serving
from tests.vault.deleting import delete
from vault import ConnectionStatus


@pytest.mark.parametrize(
    "damage", ["forged", "other kind", "other name", "other workflow", "cut", "bare", "upper case"]
)
async def test_a_reference_opens_as_it_was_given(world: World, damage: str) -> None:
    token = await world.connect()
    await world.connect("other")
    texts = {
        "forged": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "other kind": token.replace("connection", "variable"),
        "other name": token.replace("my-notion", "other"),
        "other workflow": str(world.seal("connection", "my-notion", "AnotherFlow")),
        "cut": token[:-5],
        "bare": "sealed:my-notion",
        "upper case": token.replace("sealed", "Sealed"),
    }
    async with serving(mirror) as notion, world.worker(notion_origin=notion.origin) as worker:
        failure = await worker.failure(worker.fetch(PAGES, headers={"Authorization": f"Bearer {texts[damage]}"}))
        assert (failure.type, failure.non_retryable) == ("seal-invalid", True)
        assert notion.calls == []


async def test_one_bad_reference_among_good_ones_stops_the_call(world: World) -> None:
    token = await world.connect()
    async with serving(mirror) as notion, world.worker(notion_origin=notion.origin) as worker:
        headers = {"Authorization": f"Bearer {token}", "X-Key": "sealed:connection:my-notion:"}
        assert (await worker.failure(worker.fetch(PAGES, headers=headers))).type == "seal-invalid"
        assert notion.calls == []


@pytest.mark.parametrize("status", [ConnectionStatus.NEEDS_REAUTHORIZATION, ConnectionStatus.REVOKED])
async def test_a_connection_that_is_not_active_is_not_opened(world: World, status: ConnectionStatus) -> None:
    token = await world.connect()
    await world.vault.connections.mark("my-notion", status)
    async with serving(mirror) as notion, world.worker(notion_origin=notion.origin) as worker:
        failure = await worker.failure(worker.fetch(PAGES, headers={"Authorization": f"Bearer {token}"}))
        assert failure.type == "connection-needs-reauthorization"
        assert notion.calls == []


async def test_what_has_gone_is_named(world: World) -> None:
    token = await world.connect()
    await delete(world.vault, "my-notion")
    await world.connect("another")
    await world.vault.variables.set(FLOW, "KEY", "plain")
    async with world.worker() as worker:
        failure = await worker.failure(worker.fetch(PAGES, headers={"Authorization": f"Bearer {token}"}))
        assert failure.type == "connection-not-found"
        assert "or use one of: another" in failure.message
        for name in ("KEY", "GONE"):
            failure = await worker.failure(worker.fetch(PAGES, headers={"X-Key": world.seal("variable", name)}))
            assert failure.type == "seal-invalid"
            assert name in failure.message
