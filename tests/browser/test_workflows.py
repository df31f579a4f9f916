from __future__ import annotations

import json

import pytest
from playwright.async_api import expect

from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import Person
from tests.conftest import eventually

ORDER = {"name": "#1001", "total_price": "128.50", "currency": "EUR"}


async def test_a_workflow_is_looked_at_and_tried_out(somebody: Person, stack: Stack, visitor: Visitor):
    page = somebody.page
    await somebody.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await page.get_by_role("link", name="Workflows", exact=True).click()
    await page.get_by_role("link", name="OrderToNotion").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("OrderToNotion")
    picture = page.get_by_role("img", name="The steps of OrderToNotion")
    await expect(picture.locator("rect")).to_have_count(2)
    await expect(page.locator(".outline ol")).to_contain_text("leads to create_record, after 10 seconds")

    await page.get_by_role("button", name="Copy", exact=True).click()
    await page.get_by_role("status").get_by_text("Copied").wait_for()
    address: str = await page.evaluate("() => navigator.clipboard.readText()")
    assert address == await page.locator("#hook").inner_text()
    answer = await visitor.http.post(address, json=ORDER)
    assert answer.status_code == 202

    assert json.loads(await page.get_by_label("Payload").input_value()).keys() == ORDER.keys()
    await page.get_by_label("Payload").fill('{"name": "#1001",\n oops}')
    await page.get_by_role("button", name="Start a test run").click()
    await page.get_by_text("at line 2, column 2").wait_for()
    await expect(page.get_by_label("Payload")).to_have_value('{"name": "#1001",\n oops}')
    await page.locator("#payload:focus").wait_for()
    assert [one for one in somebody.take_complaints() if "400" not in one] == []

    await page.get_by_label("Payload").fill(json.dumps(ORDER))
    await page.get_by_label("Headers").fill("X-Source: a person")
    await page.get_by_role("button", name="Start a test run").click()
    await page.wait_for_url("**/runs/order-to-notion/test-*")
    for run_id in (answer.json()["id"], page.url.partition("/runs/")[2]):
        await visitor.http.post(f"{stack.addresses.api}/api/v1/runs/{run_id}/cancel")


@pytest.mark.usefixtures("nothing_connected")
async def test_a_missing_connection_is_added_from_the_page_that_misses_it(
    somebody: Person, stack: Stack, visitor: Visitor
):
    page = somebody.page
    await page.goto(f"{stack.addresses.api}/workflows/NotionQuery")
    await page.get_by_role("link", name="Add Connection my-notion").click()
    await expect(page.get_by_label("Handle")).to_have_value("my-notion")
    await visitor.connect_notion("my-notion")

    async def active() -> bool:
        await page.goto(f"{stack.addresses.api}/workflows/NotionQuery")
        return "my-notion\nactive" in await page.locator("main").inner_text()

    await eventually(active)
