"""Home in a real browser: what it says is wrong, and the way from there to where it is well again."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import Person
from tests.conftest import eventually

WANTED = {"filter": {"property": "Name", "title": {"equals": "an order that nobody placed"}}}


async def start(visitor: Visitor, data: object) -> str:
    return (await visitor.post("/api/v1/workflows/NotionQuery/runs", {"data": data}))["id"]


async def reach(visitor: Visitor, run_id: str, status: str) -> None:
    async def look() -> bool:
        return (await visitor.get(f"/api/v1/runs/{run_id}"))["status"] == status

    await eventually(look)


@pytest.mark.usefixtures("nothing_connected")
async def test_the_first_steps_give_way_to_the_verdict_and_a_failure_leads_to_its_run(
    somebody: Person, stack: Stack, visitor: Visitor
):
    page = somebody.page
    await page.goto(stack.addresses.api)
    await expect(page.get_by_role("link", name="Connect Notion")).to_be_visible()
    await expect(page.get_by_role("button", name="Copy the command")).to_be_visible()
    await visitor.connect_notion("my-notion")
    run_id = await start(visitor, {"filter": {"property": "Colour", "title": {"equals": "red"}}})
    await reach(visitor, run_id, "failed")
    await page.reload()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Everything is well")
    failed = page.get_by_role("region", name="Failed today")
    await expect(failed).to_contain_text("Could not find property with name or id: Colour")
    await failed.get_by_role("link", name=run_id).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(run_id)


@pytest.mark.usefixtures("nothing_connected")
async def test_a_lost_connection_is_mended_from_home_and_its_run_goes_on(
    somebody: Person, stack: Stack, visitor: Visitor
):
    await visitor.connect_notion("my-notion")
    assert (await visitor.http.post(f"{stack.addresses.notion}/_local/revoke")).is_success
    run_id = await start(visitor, WANTED)
    page = somebody.page

    async def told() -> bool:
        await page.goto(stack.addresses.api)
        return await page.get_by_role("heading", level=1).inner_text() == "One thing needs you"

    await eventually(told)
    await expect(page.get_by_role("heading", name="my-notion has to be connected again")).to_be_visible()
    await expect(page.get_by_role("list", name="What the service needs")).to_contain_text("1 of 1 to reconnect")
    await page.get_by_role("link", name="Reconnect my-notion").click()
    await page.get_by_role("button", name="Continue to Notion").click()
    await page.get_by_role("button", name="Allow").click()
    await page.wait_for_url(f"{stack.addresses.api}/connections?connected=my-notion")
    await page.get_by_role("link", name="Home").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Everything is well")
    await reach(visitor, run_id, "completed")
