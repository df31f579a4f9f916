"""A person approves an order: from the shop's delivery to the page in Notion, over processes and HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import eventually
from tests.end_to_end.conftest import Shop

pytestmark = pytest.mark.server


async def asked(shop: Shop, name: str) -> tuple[str, str]:
    """Post an order that somebody must approve; return the run's id and the link."""
    run_id = await shop.order(name, workflow="ApproveOrder", total_price="128.50")

    async def waiting() -> str:
        (step,) = (await shop.run(run_id))["waiting"]
        return step["resume_url"]

    return run_id, await eventually(waiting)


async def test_an_order_over_the_amount_is_recorded_when_somebody_presses_the_button(shop: Shop):
    run_id, url = await asked(shop, "#A3001")
    async with httpx.AsyncClient(trust_env=False, headers={"Accept": "text/html"}) as anyone:
        page = await anyone.get(url)
        assert "Approve order #A3001 over 128.50?" in page.text
        assert not await shop.pages("#A3001"), "opening the link approves nothing"
        done = await anyone.post(url, headers={"Content-Type": "application/x-www-form-urlencoded"})
        assert "Thank you" in done.text
        run = await shop.until(run_id, "completed")
        (written,) = await shop.pages("#A3001")
        assert run["log"][-1]["message"] == f"Created page {written['id']}"
        late: dict[str, Any] = (await anyone.post(url, headers={"Accept": "*/*"})).json()
    assert (late["already"], late["run"]) == (True, run_id)
    assert len(await shop.pages("#A3001")) == 1


async def test_an_order_that_somebody_declines_is_not_recorded(shop: Shop):
    run_id, url = await asked(shop, "#A3002")
    async with httpx.AsyncClient(trust_env=False) as program:
        assert (await program.post(f"{url}?decision=decline")).json()["step"] == "answered"
    run = await shop.until(run_id, "completed")
    assert run["log"][-1]["message"] == "Order #A3002 was not approved"
    assert not await shop.pages("#A3002")


async def test_a_small_order_asks_nobody(shop: Shop):
    run_id = await shop.order("#A3003", workflow="ApproveOrder", total_price="99.00")
    await shop.until(run_id, "completed")
    assert len(await shop.pages("#A3003")) == 1
