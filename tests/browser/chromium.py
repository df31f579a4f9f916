"""Debian's Chromium, and what it is seen to do."""

from __future__ import annotations

import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Request,
    async_playwright,
    expect,
)

expect.set_options(timeout=30_000)  # as long as Playwright waits for anything else

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Not every violation is logged where a test can see it; the event always comes.
_TELL_VIOLATIONS = """document.addEventListener("securitypolicyviolation", event =>
    console.error("CSP: " + event.violatedDirective + " " + event.blockedURI))"""


@asynccontextmanager
async def launched() -> AsyncGenerator[Browser]:
    """Start the browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=PROGRAM, args=_ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Person:
    """One browser of one person: its page, where its requests went, and what its console complained of."""

    page: Page
    context: BrowserContext
    hosts: set[str] = field(default_factory=set[str])
    complaints: list[str] = field(default_factory=list[str])

    def take_complaints(self) -> list[str]:
        """Return what the console has complained of, and forget it: a test that provoked it has seen it."""
        taken, self.complaints[:] = list(self.complaints), []
        return taken


@asynccontextmanager
async def person(
    browser: Browser,
    *,
    scheme: Literal["light", "dark"] = "light",
    width: int = 1100,
    height: int = 800,
    scripts: bool = True,
) -> AsyncGenerator[Person]:
    """Open a browser with no cookie."""
    viewport: Any = {"width": width, "height": height}
    context = await browser.new_context(
        viewport=viewport, color_scheme=scheme, device_scale_factor=1, java_script_enabled=scripts
    )
    await context.add_init_script(_TELL_VIOLATIONS)
    page = await context.new_page()
    somebody = Person(page, context)

    def note_request(request: Request) -> None:
        somebody.hosts.add(urlsplit(request.url).hostname or request.url)

    def note_console(message: ConsoleMessage) -> None:
        where = message.location["url"]
        # Ours name their icon; the consent page has none, and a browser asks for it all the same.
        if message.type in ("error", "warning") and urlsplit(where).path != "/favicon.ico":
            somebody.complaints.append(f"{message.text} ({where})")

    context.on("request", note_request)
    context.on("console", note_console)
    page.on("pageerror", lambda error: somebody.complaints.append(str(error)))
    try:
        yield somebody
    finally:
        await context.close()


async def click_through(to_another_page: Locator) -> None:
    """Click, and wait until the page that it leads to has loaded: a click alone does not."""
    async with to_another_page.page.expect_navigation():
        await to_another_page.click()


async def follow(page: Page, link: str) -> None:
    """Open a one-time sign-in link, and press its button."""
    await page.goto(link)
    await click_through(page.get_by_role("button", name="Sign this browser in"))
