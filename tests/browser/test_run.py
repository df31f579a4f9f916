"""The page of one run, as a person uses it: seen without reload, cancelled, retried, run again."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, expect

from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import Person
from tests.conftest import eventually

BIG = {"name": "#1001", "total_price": 500}


async def open_run(somebody: Person, stack: Stack, run_id: str) -> Locator:
    """Open the run's page; return the word that says how it stands."""
    await somebody.page.goto(f"{stack.addresses.api}/runs/{run_id}")
    return somebody.page.locator("dl .state")


async def begin(visitor: Visitor, workflow: str, data: object) -> str:
    return (await visitor.post(f"/api/v1/workflows/{workflow}/runs", {"data": data}))["id"]


async def test_a_run_is_seen_to_end_without_reload_and_is_run_again_with_its_data(
    somebody: Person, stack: Stack, visitor: Visitor
):
    run_id = await begin(visitor, "ApproveOrder", BIG)
    page, state = somebody.page, await open_run(somebody, stack, run_id)
    await expect(state).to_have_text("running")
    waits = page.get_by_role("listitem").filter(has_text="waits for an event until")
    link = await waits.get_by_role("link", name="Resume it").get_attribute("href")
    await page.evaluate("() => { window.loadedOnce = true }")
    assert link
    assert (await visitor.http.post(link, json={"decision": "decline"})).is_success
    await expect(state).to_have_text("completed")
    assert await page.evaluate("() => window.loadedOnce")
    await expect(page.locator("#run-told")).to_have_text("The run is completed.")
    await expect(page.get_by_text("Order #1001 was not approved")).to_be_visible()
    await expect(page.get_by_text("Cancel this run")).to_have_count(0)
    await expect(page.get_by_role("listitem").filter(has_text="decline #2")).to_have_count(1)

    await page.get_by_text("Every attempt", exact=True).click()
    await expect(page.get_by_role("row")).to_have_count(4)
    await page.get_by_role("button", name="Run again with this data").click()
    await expect(state).to_have_text("running")
    assert run_id not in page.url
    again = page.url.partition("/runs/")[2]
    assert (await visitor.get(f"/api/v1/runs/{again}"))["workflow"] == "ApproveOrder"

    await page.get_by_text("Cancel this run").click()
    await page.get_by_role("button", name="Cancel the run").click()
    await expect(state).to_have_text("cancelled")


@pytest.mark.usefixtures("nothing_connected")
async def test_a_failed_run_is_mended_and_its_steps_are_retried(somebody: Person, stack: Stack, visitor: Visitor):
    wanted = {"property": "Name", "title": {"equals": "an order that nobody placed"}}
    run_id = await begin(visitor, "NotionQuery", {"filter": wanted})

    async def failed() -> bool:
        return (await visitor.get(f"/api/v1/runs/{run_id}"))["status"] == "failed"

    await eventually(failed)
    page, state = somebody.page, await open_run(somebody, stack, run_id)
    await expect(page.locator(".card.bad")).to_contain_text("Connect the account under OAuth Connections")
    await visitor.connect_notion("my-notion")
    await page.get_by_role("button", name="Retry failed steps").click()
    await expect(state).to_have_text("completed")
    await page.get_by_text("Every call", exact=True).click()
    await expect(page.get_by_role("row").filter(has_text="POST")).to_contain_text("completed")
    await expect(page.get_by_role("link", name=run_id, exact=True)).to_have_count(1)
