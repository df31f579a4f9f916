"""The list of runs in a real browser: live, filtered, and without a script."""

from __future__ import annotations

import time
from typing import Any

from playwright.async_api import Browser, Page, expect

from local.demo import sign_in_link
from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import Person, click_through, follow
from tests.conftest import eventually

ORDER = {"name": "#1001", "total_price": "512.00"}
LONGEST = 15_000.0


async def ask_for_approval(visitor: Visitor) -> str:
    """Start a run that waits for a person."""
    return (await visitor.post("/api/v1/workflows/ApproveOrder/runs", {"data": ORDER}))["id"]


async def cancel(visitor: Visitor, stack: Stack, run_id: str) -> None:
    await visitor.http.post(f"{stack.addresses.api}/api/v1/runs/{run_id}/cancel")


async def live(page: Page) -> None:
    await expect(page.get_by_role("status")).to_contain_text("Live", timeout=LONGEST)


async def test_a_run_that_starts_and_ends_elsewhere_is_seen_without_a_reload(
    somebody: Person, stack: Stack, visitor: Visitor
):
    page = somebody.page
    await page.goto(f"{stack.addresses.api}/runs?workflow=ApproveOrder")
    await live(page)
    await page.evaluate("document.body.dataset.loaded = 'once'")
    run_id = await ask_for_approval(visitor)
    row = page.get_by_role("row").filter(has_text=run_id)
    await expect(row).to_contain_text("running", timeout=LONGEST)
    await expect(row).to_contain_text("just now")
    await expect(page.get_by_role("status")).to_contain_text("1 new run")

    await row.get_by_role("link").focus()
    await cancel(visitor, stack, run_id)
    await expect(row).to_contain_text("cancelled", timeout=LONGEST)
    assert await page.evaluate("document.activeElement.textContent") == run_id  # the keyboard stays where it was
    assert await page.evaluate("document.body.dataset.loaded") == "once"


async def test_a_page_that_nobody_looks_at_holds_no_stream_and_catches_up(
    somebody: Person, stack: Stack, visitor: Visitor
):
    page = somebody.page
    await page.goto(f"{stack.addresses.api}/runs")
    await live(page)
    show: Any = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
    show += " document.dispatchEvent(new Event('visibilitychange')) }"
    await page.evaluate(show, True)
    run_id = await ask_for_approval(visitor)
    await page.evaluate(show, False)
    await page.get_by_text(run_id).wait_for(timeout=LONGEST)
    await cancel(visitor, stack, run_id)


async def test_filters_narrow_the_list_as_they_are_chosen(somebody: Person, stack: Stack, visitor: Visitor):
    run_id = await ask_for_approval(visitor)
    key = run_id.partition("/")[2]
    page = somebody.page
    await page.goto(f"{stack.addresses.api}/runs")
    link = page.get_by_role("link", name=run_id)
    await link.wait_for(timeout=LONGEST)
    for label, fits, does_not in [
        ("Workflow", "ApproveOrder", "NotionQuery"),
        ("Status", "running", "failed"),
        ("Started", "In the last hour", None),
    ]:
        await page.get_by_label(label, exact=True).select_option(label=does_not or fits)
        if does_not is not None:
            await expect(link).to_have_count(0)
            await page.get_by_label(label, exact=True).select_option(label=fits)
        await expect(link).to_be_visible()
    await page.get_by_label("Text").fill("nothing-of-this-name")
    await page.get_by_role("heading", name="No run fits these filters").wait_for()
    async with page.expect_response(lambda answer: key in answer.url and "workflow=" in answer.url):
        await page.get_by_label("Text").fill(key)
    await expect(link).to_be_visible()
    await expect(page).to_have_url(
        f"{stack.addresses.api}/runs?workflow=ApproveOrder&status=running&text={key}&within=hour"
    )
    await live(page)

    await page.reload()
    await expect(page.get_by_label("Text")).to_have_value(key)
    await cancel(visitor, stack, run_id)
    await page.get_by_role("heading", name="No run fits these filters").wait_for(timeout=LONGEST)
    await page.get_by_role("link", name="Clear the filters").click()
    await page.wait_for_url("**/runs")


async def test_without_a_script_the_form_works_and_a_link_reloads(browser: Browser, stack: Stack, visitor: Visitor):
    run_id = await ask_for_approval(visitor)
    context = await browser.new_context(java_script_enabled=False)
    try:
        page = await context.new_page()
        await follow(page, await sign_in_link(stack))
        await page.goto(f"{stack.addresses.api}/runs")

        async def there() -> bool:
            await click_through(page.get_by_role("link", name="Reload"))
            return await page.get_by_role("link", name=run_id).is_visible()

        await eventually(there)
        await page.get_by_label("Status", exact=True).select_option("failed")
        await page.get_by_label("Text").fill(run_id)
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("heading", name="No run fits these filters")).to_be_visible()
        await page.get_by_label("Status", exact=True).select_option("")
        await page.get_by_role("button", name="Show").click()
        await expect(page.get_by_role("link", name=run_id)).to_be_visible()
    finally:
        await context.close()
    await cancel(visitor, stack, run_id)


async def test_a_live_page_holds_up_no_stop_and_finds_the_next_process(
    somebody: Person, stack: Stack, visitor: Visitor
):
    page = somebody.page
    await page.goto(f"{stack.addresses.api}/runs")
    await live(page)
    began = time.monotonic()
    await stack.children["api"].stop()
    assert time.monotonic() - began < 20
    await stack.start_api()
    run_id = await ask_for_approval(visitor)
    await page.get_by_text(run_id).wait_for(timeout=30_000)
    await cancel(visitor, stack, run_id)
    somebody.take_complaints()  # of the time when nothing answered
