"""An account withdraws its consent while orders come in: the runs wait for it, and lose nothing."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from local.demo import HANDLE
from tests.conftest import eventually
from tests.end_to_end.conftest import Shop

pytestmark = pytest.mark.server
MANY = 20


async def lost(shop: Shop, run_id: str) -> dict[str, Any]:
    """Wait until the API shows that the run waits for its connection."""

    async def waiting() -> dict[str, Any]:
        run = await shop.run(run_id)
        assert [one["handle"] for one in run["lost_connections"]] == [HANDLE], run
        return run

    return await eventually(waiting, seconds=90)


async def revoke(shop: Shop) -> int:
    """Withdraw the consent; return how many tokens had been asked for before."""
    assert (await shop.notion.post("/_local/revoke")).is_success
    return len(await shop.calls("/v1/oauth/token"))


async def test_an_order_waits_for_the_connection_and_makes_one_page(shop: Shop):
    before = await revoke(shop)
    run_id = await shop.order("#R4001")
    run = await lost(shop, run_id)
    assert run["status"] == "running"
    (warning,) = [line["message"] for line in run["log"] if line["level"] == "warning"]
    assert f"OAuth Connections → {HANDLE} → Reconnect" in warning
    connection = await shop.visitor.get(f"/api/v1/connections/{HANDLE}")
    assert connection["status"] == "needs_reauthorization"
    page = (await shop.visitor.http.get(f"{shop.stack.addresses.api}/connections")).text
    assert f"/connections/{HANDLE}/reconnect" in page
    shown = (await shop.visitor.http.get(f"{shop.stack.addresses.api}/runs/{run_id}")).text
    assert "to be connected again" in shown
    (line,) = [
        line for line in shop.stack.children["worker"].output().splitlines() if "must be connected again" in line
    ]
    assert "warning" in line
    assert f"Connection {HANDLE} must be connected again" in line

    await shop.visitor.reconnect(HANDLE)
    run = await shop.until(run_id, "completed")
    assert (len(await shop.pages("#R4001")), run["lost_connections"], run["failures"]) == (1, [], [])
    # One refresh, which the provider refused, and one exchange of the new code.
    assert len(await shop.calls("/v1/oauth/token")) == before + 2


async def test_many_orders_that_wait_all_go_on(shop: Shop):
    before = await revoke(shop)
    names = [f"#R5{number:03}" for number in range(MANY)]
    runs = await asyncio.gather(*(shop.order(name, workflow="PostNow") for name in names))
    await asyncio.gather(*(lost(shop, run_id) for run_id in runs))
    await shop.visitor.connect_notion(HANDLE)
    await asyncio.gather(*(shop.until(run_id, "completed") for run_id in runs))
    titles = [page["title"] for page in (await shop.notion.get("/_local/pages")).json()]
    assert sorted(title for title in titles if title.startswith("#R5")) == names
    assert len(await shop.calls("/v1/oauth/token")) == before + 2


async def test_many_orders_whose_token_has_ended_share_one_refresh(shop: Shop):
    before = len(await shop.calls("/v1/oauth/token"))
    assert (await shop.notion.post("/_local/expire")).is_success
    runs = await asyncio.gather(*(shop.order(f"#R6{number:03}", workflow="PostNow") for number in range(MANY)))
    await asyncio.gather(*(shop.until(run_id, "completed") for run_id in runs))
    assert len(await shop.calls("/v1/oauth/token")) == before + 1
