"""Signing in and out in a real browser, and what a page of another site can do about it."""

from __future__ import annotations

import asyncio

import httpx
from playwright.async_api import Browser, Page, Route, expect

from local.demo import sign_in_link
from local.stack import Stack
from tests.browser.chromium import follow, person


async def test_a_link_is_used_by_its_button_alone_and_stands_in_no_log(browser: Browser, stack: Stack):
    link = await sign_in_link(stack)
    async with httpx.AsyncClient(trust_env=False) as scanner:
        for _ in range(3):
            assert (await scanner.get(link)).status_code == 200
    async with person(browser) as visitor:
        await follow(visitor.page, link)
        await expect(visitor.page.get_by_role("navigation", name="Main")).to_be_visible()
        assert "steps_session" not in await visitor.page.evaluate("document.cookie")
        assert visitor.complaints == []
    async with person(browser) as late:
        await follow(late.page, link)
        await expect(late.page.get_by_role("heading", name="no longer good")).to_be_visible()
    code = link.rsplit("/", 1)[1]
    logs = await asyncio.to_thread(lambda: {path: path.read_bytes() for path in (stack.data / "logs").iterdir()})
    assert logs
    assert [path for path, content in logs.items() if code.encode() in content] == []


async def test_signing_out_everywhere_signs_the_other_window_out(browser: Browser, stack: Stack):
    async with person(browser) as one:
        await follow(one.page, await sign_in_link(stack))
        other = await one.context.new_page()
        await one.page.get_by_role("link", name="Sessions").click()
        await one.page.get_by_role("button", name="Sign out everywhere").click()
        await one.page.get_by_role("heading", name="Sign in").wait_for()
        await other.goto(f"{stack.addresses.api}/connections")
        await expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
        assert one.complaints == []


async def forge(page: Page, action: str) -> None:
    """Be a page of another site that sends a form when it is opened."""
    form = f'<form method=post action="{action}"><input name=key value=x></form>'
    form += "<script>document.forms[0].submit()</script>"

    async def answer(route: Route) -> None:
        await route.fulfill(status=200, content_type="text/html", body=form)

    await page.route("http://evil.test/**", answer)
    async with page.expect_response(lambda response: response.url == action) as sent:
        await page.goto("http://evil.test/")
    assert (await sent.value).status == 403


async def test_a_form_of_another_site_does_nothing(browser: Browser, stack: Stack):
    link = await sign_in_link(stack)
    async with person(browser) as victim:
        await forge(victim.page, link)  # to sign it in under another's name
        await follow(victim.page, link)  # which has used nothing up
        await forge(victim.page, f"{stack.addresses.api}/sessions/end")
        await victim.page.goto(f"{stack.addresses.api}/connections")
        await expect(victim.page.get_by_role("heading", name="OAuth Connections")).to_be_visible()
