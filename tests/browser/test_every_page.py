"""What holds for every page: for whoever sees it, hears it or types, in a small room, and before a script has run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from axe_playwright_python.base import AXE_SCRIPT  # pyright: ignore[reportMissingTypeStubs]  # it has none
from playwright.async_api import Browser, Page, Response, ViewportSize

from api.app import create_app
from api.auth import Needs
from api.declared import declared
from local.demo import sign_in_link
from local.stack import Stack
from settings import Settings
from tests.browser.chromium import Person, follow, person
from tests.browser.places import LONG, NO_PAGES, PLACES, Made, Place, make_all
from tests.browser.running import signed_in

MOST_BYTES = 100_000
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
MOST_STOPS = 12
AXE = """async rules => (await axe.run({resultTypes: ["violations"], ...rules})).violations.map(
    one => [one.id, one.help, ...one.nodes.slice(0, 3).map(node => node.html.slice(0, 160))])"""
# Between the schemes nothing differs but the colours.
RULES: dict[str, dict[str, Any]] = {"light": {}, "dark": {"runOnly": {"type": "rule", "values": ["color-contrast"]}}}
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
GROUND = "() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
BYTES = """() => performance.getEntries().filter(one => "decodedBodySize" in one)
    .map(one => [one.name, one.decodedBodySize])"""
SHAPE = """() => [document.querySelector("h1").textContent, [...document.forms].filter(one => one.checkVisibility())
    .map(one => one.getAttribute("action"))]"""
# What the keyboard can reach in the page's main part, in its order; of radio buttons the chosen one alone.
CONTROLS = """() => [...document.querySelectorAll(`main :is(a[href], button, input, select, textarea, summary)`)]
    .filter(one => one.checkVisibility({visibilityProperty: true}) && one.type !== "hidden" && !one.disabled)
    .filter(one => one.type !== "radio" || one.checked)
    .map((one, place) => one.dataset.place = place).length"""
LIVE = """() => !document.querySelector(".news a")"""
FOCUSED = """() => {
    const one = document.activeElement, style = getComputedStyle(one);
    return [one.dataset.place ?? one.tagName, style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];
}"""


@dataclass(frozen=True)
class Window:
    """The browsers of those who look: one that is signed in and one that is not."""

    api: str
    made: Made
    inside: Person
    outside: Person

    async def open(self, place: Place) -> Visit:
        """Go to a page, and forget what was complained of before."""
        somebody = self.inside if place.signed_in else self.outside
        somebody.take_complaints()
        answer = await somebody.page.goto(self.api + place.of(self.made))
        assert answer is not None
        assert answer.status == place.status
        return Visit(place, somebody, answer)


@dataclass(frozen=True)
class Visit:
    """One page, opened."""

    place: Place
    somebody: Person
    answer: Response

    @property
    def page(self) -> Page:
        return self.somebody.page


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def made(stack: Stack) -> AsyncIterator[Made]:
    async with signed_in(stack) as visitor:
        yield (found := await make_all(stack, visitor, order=LONG, title=LONG, column=LONG))
        await visitor.http.post(f"{stack.addresses.api}/api/v1/runs/{found.waiting}/cancel")


@asynccontextmanager
async def window_of(browser: Browser, stack: Stack, made: Made, *, scripts: bool = True) -> AsyncGenerator[Window]:
    async with person(browser, scripts=scripts) as inside, person(browser, scripts=scripts) as outside:
        await follow(inside.page, await sign_in_link(stack))
        yield Window(stack.addresses.api, made, inside, outside)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def window(browser: Browser, stack: Stack, made: Made) -> AsyncIterator[Window]:
    async with window_of(browser, stack, made) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bare(browser: Browser, stack: Stack, made: Made) -> AsyncIterator[Window]:
    """The same with scripts off."""
    async with window_of(browser, stack, made, scripts=False) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=PLACES, ids=lambda place: place.name)
async def visit(request: pytest.FixtureRequest, window: Window) -> Visit:
    """Each page is loaded once, for all the tests that have no need to change it."""
    return await window.open(request.param)


async def test_a_page_is_small_loads_from_here_alone_and_waits_for_no_script(visit: Visit, window: Window):
    headers = await visit.answer.all_headers()
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "camera=()" in headers["permissions-policy"]
    assert headers["cross-origin-opener-policy"] == headers["cross-origin-resource-policy"] == "same-origin"
    loaded: list[tuple[str, int]] = await visit.page.evaluate(BYTES)
    assert sum(size for _, size in loaded) < MOST_BYTES, loaded
    assert all(name.startswith(window.api) for name, _ in loaded)
    assert await visit.page.evaluate("() => [...document.scripts].every(one => one.defer && one.src)")
    assert visit.somebody.hosts == {"127.0.0.1"}
    assert [one for one in visit.somebody.complaints if f"status of {visit.place.status}" not in one] == []


async def test_a_page_does_without_scripts(visit: Visit, bare: Window):
    without = await shape((await bare.open(visit.place)).page)
    assert without == await shape(visit.page)
    assert without[0].strip()


async def test_the_keyboard_reaches_what_a_page_offers_and_one_sees_where_it_is(visit: Visit):
    page = visit.page
    await page.wait_for_function(LIVE)  # until then a link to reload stands there
    count: int = await page.evaluate(CONTROLS)
    await page.locator(".skip").focus()
    await page.keyboard.press("Enter")
    assert await page.evaluate("() => document.activeElement.id") == "main"
    for stop in range(min(count, MOST_STOPS)):
        await page.keyboard.press("Tab")
        while (await page.evaluate(FOCUSED))[0] == str(stop - 1):  # the parts of a date are a stop each
            await page.keyboard.press("Tab")
        assert await page.evaluate(FOCUSED) == [str(stop), True]


async def test_a_page_can_be_read_in_both_schemes_at_a_desk_and_on_a_phone(visit: Visit):
    page = visit.page
    await page.evaluate(AXE_SCRIPT)
    for size in (DESK, PHONE):
        await page.set_viewport_size(size)
        assert await page.evaluate(TOO_WIDE) <= 0, f"it scrolls sideways at {size['width']}"
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            assert (sum(await page.evaluate(GROUND)) < 384) is (scheme == "dark")
            assert await page.evaluate(AXE, RULES[scheme]) == [], (scheme, size)


async def shape(page: Page) -> tuple[str, list[str]]:
    """Return a page's heading, and where its forms lead."""
    return await page.evaluate(SHAPE)


def test_no_page_is_left_out():
    routes = declared(create_app(Settings(data_dir=Path("nowhere"))).routes)
    pages = {path for method, path, found in routes if method == "GET" and not isinstance(found[0], Needs)}
    assert {place.route for place in PLACES} - {"/{path}"} == pages - set(NO_PAGES)


async def test_the_keyboard_alone_does_the_main_job(browser: Browser, stack: Stack):
    async with person(browser) as somebody:
        page = somebody.page
        await follow(page, await sign_in_link(stack))
        await page.goto(f"{stack.addresses.api}/connections")
        await page.keyboard.press("Tab")
        assert await page.evaluate("() => document.activeElement.textContent") == "Skip to the content"
        await page.goto(f"{stack.addresses.api}/connections/add/notion")
        await page.keyboard.type("by-keyboard")  # the field has the focus
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/v1/oauth/authorize?**")
