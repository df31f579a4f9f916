from __future__ import annotations

from typing import Any, Literal

import pytest
from playwright.async_api import Browser, Page

from local.demo import sign_in_link
from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import follow, person

PLACES = [
    "/", "/connections", "/connections/add", "/connections/add/notion", "/workflows", "/workflows/ApproveOrder",
    "/runs", "/docs", "/signin", "/nowhere",
]  # fmt: skip

# Each text that can be seen, with the ratio of its colour to the one behind it (WCAG 2.2, 1.4.3).
CONTRASTS = """() => {
    const channels = text => text.match(/[\\d.]+/g).map(Number);
    const linear = value => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const behind = element => {
        for (let one = element; one; one = one.parentElement) {
            const colour = channels(getComputedStyle(one).backgroundColor);
            if (colour.length === 3 || colour[3] > 0) return colour;
        }
        return [255, 255, 255];
    };
    const found = [];
    for (const element of document.querySelectorAll("body *")) {
        const own = [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
        if (!own || !element.checkVisibility()) continue;
        const [a, b] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
        found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), element.textContent.trim().slice(0, 40)]);
    }
    return found;
}"""


async def wider_than_the_window(page: Page) -> int:
    return await page.evaluate("() => document.documentElement.scrollWidth - document.documentElement.clientWidth")


async def too_faint(page: Page) -> list[Any]:
    found: list[Any] = await page.evaluate(CONTRASTS)
    assert found
    return [one for one in found if one[0] < 4.5]


@pytest.mark.usefixtures("nothing_connected")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1100])
async def test_every_page_can_be_read(
    scheme: Literal["light", "dark"], width: int, browser: Browser, stack: Stack, visitor: Visitor
):
    await visitor.connect_notion("my-notion")
    order = {"data": {"name": "x" * 300, "line_items": [{"title": "x" * 300, "quantity": 1, "price": 1}]}}
    run_id = (await visitor.post("/api/v1/workflows/OrderFanOut/runs", order))["id"]
    async with person(browser, scheme=scheme, width=width) as somebody:
        page = somebody.page
        await follow(page, await sign_in_link(stack))
        for place in [*PLACES, "/connections?connected=my-notion", f"/runs/{run_id}"]:
            await page.goto(stack.addresses.api + place)
            assert await wider_than_the_window(page) <= 0, place
            assert await too_faint(page) == [], place
        await page.goto(stack.addresses.api)
        for address in await page.get_by_text("Trigger address").all():
            await address.click()
        assert await wider_than_the_window(page) <= 0, "the first page with its trigger addresses"
        background: str = await page.evaluate("() => getComputedStyle(document.body).backgroundColor")
        assert (sum(int(part) for part in background[4:-1].split(",")) < 384) is (scheme == "dark")
        complaints = [complaint for complaint in somebody.complaints if "404" not in complaint]
        assert complaints == []
        assert somebody.hosts == {"127.0.0.1"}


async def test_the_keyboard_alone_reaches_the_main_job(browser: Browser, stack: Stack):
    async with person(browser) as somebody:
        page = somebody.page
        await follow(page, await sign_in_link(stack))
        await page.keyboard.press("Tab")
        assert await page.evaluate("() => document.activeElement.textContent") == "Skip to the content"
        await page.keyboard.press("Enter")
        assert page.url.endswith("#main")
        await page.goto(f"{stack.addresses.api}/connections/add/notion")
        await page.keyboard.type("by-keyboard")  # the field has the focus
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/v1/oauth/authorize?**")
