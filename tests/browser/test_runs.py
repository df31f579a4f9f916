from __future__ import annotations

import pytest
from playwright.async_api import expect

from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import Person, click_through
from tests.conftest import eventually

ORDER = {"name": "#1001", "total_price": "128.50", "currency": "EUR"}


async def start(visitor: Visitor, workflow: str, data: object) -> str:
    return (await visitor.post(f"/api/v1/workflows/{workflow}/runs", {"data": data}))["id"]


async def shown(somebody: Person, stack: Stack, run_id: str, status: str) -> str:
    """Load the run's page until it shows the status; return its text."""

    async def look() -> str | None:
        await somebody.page.goto(f"{stack.addresses.api}/runs/{run_id}")
        text = await somebody.page.locator("main").inner_text()
        return text if f"Status\n{status}\n" in text else None

    return await eventually(look) or ""


@pytest.mark.usefixtures("nothing_connected")
async def test_the_page_of_a_completed_run_shows_status_log_and_result(
    somebody: Person, stack: Stack, visitor: Visitor
):
    await visitor.connect_notion("my-notion")
    wanted = {"property": "Name", "title": {"equals": "an order that nobody placed"}}
    run_id = await start(visitor, "NotionQuery", {"filter": wanted})
    text = await shown(somebody, stack, run_id, "completed")
    assert "Workflow\nNotionQuery" in text
    assert "Steps done\n1" in text
    assert "Found 0 rows" in text
    assert text[text.index("Result") :].split()[1] == "[]"

    link = somebody.page.get_by_role("link", name="Every event of this run")
    assert await link.get_attribute("href") == (
        f"{stack.addresses.ui}/namespaces/default/workflows/{run_id.replace('/', '%2F')}"
    )


@pytest.mark.usefixtures("nothing_connected")
async def test_the_page_of_a_failed_run_says_what_to_correct(somebody: Person, stack: Stack, visitor: Visitor):
    run_id = await start(visitor, "NotionQuery", {})
    await shown(somebody, stack, run_id, "failed")
    failure = await somebody.page.locator(".card.bad").inner_text()
    assert failure.startswith("start")
    assert "No connection has the handle 'my-notion'. Connect it under OAuth Connections" in failure
    assert "connection-not-found" in failure

    await somebody.page.get_by_role("link", name="Runs", exact=True).click()
    await expect(somebody.page.get_by_role("row").filter(has_text=run_id).get_by_text("failed")).to_be_visible()


async def test_a_waiting_run_shows_what_it_waits_for_and_can_be_cancelled(
    somebody: Person, stack: Stack, visitor: Visitor
):
    run_id = await start(visitor, "OrderToNotion", ORDER)

    async def waiting() -> bool:
        text = await shown(somebody, stack, run_id, "running")
        return "create_record sleeps until" in text

    await eventually(waiting)
    await somebody.page.get_by_text("Cancel this run").click()
    await click_through(somebody.page.get_by_role("button", name="Cancel the run"))
    await shown(somebody, stack, run_id, "cancelled")
    await expect(somebody.page.get_by_text("Cancel this run")).to_have_count(0)


@pytest.mark.usefixtures("nothing_connected")
async def test_a_text_from_outside_is_shown_and_not_run(somebody: Person, stack: Stack, visitor: Visitor):
    await visitor.connect_notion("my-notion")
    title = "<img src=x onerror=alert(1)>"
    line = {"title": title, "quantity": 1, "price": 1}
    run_id = await start(visitor, "OrderFanOut", {"name": "#1", "line_items": [line]})
    assert title in await shown(somebody, stack, run_id, "completed")
    await expect(somebody.page.locator("main img")).to_have_count(0)
