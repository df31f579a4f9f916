"""Signing in at the OpenID server in a real browser, which holds the forms to their policy."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn
from playwright.async_api import expect

from tests.access.conftest import Identity, MakeApp
from tests.browser.chromium import PROGRAM, launched, person
from tests.conftest import eventually

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.browser,
    pytest.mark.skipif(PROGRAM is None, reason="Chromium is missing: apt-get install chromium"),
]

PORT = 8799  # of a redirect URI that the server knows


async def test_a_person_signs_in_with_the_button(make_app: MakeApp, identity: Identity) -> None:
    home = f"http://127.0.0.1:{PORT}"
    access = "ada@example.com=admin"
    app = make_app(identity.issuer, identity.client_secret, access, public_url=home)
    config = uvicorn.Config(app, host="127.0.0.1", port=PORT, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    try:
        async with launched() as browser, person(browser) as somebody:
            page = somebody.page
            await page.goto(f"{home}/connections")
            await page.get_by_role("button", name="Sign in with your account").click()
            await page.locator("[name=username]").fill("ada")
            await page.locator("[name=password]").fill(identity.password)
            await page.get_by_role("button", name="Sign in").click()
            await page.locator("[name=allow]").click()
            await page.get_by_role("heading", name="OAuth Connections").wait_for()
            await expect(page).to_have_url(f"{home}/connections")
            assert "steps_session" not in await page.evaluate("document.cookie")
            names = {cookie.get("name"): cookie for cookie in await somebody.context.cookies(home)}
            session = names["steps_session"]
            assert (session.get("httpOnly"), session.get("sameSite")) == (True, "Lax")
            assert not [name for name in names if name and name.startswith("steps_openid")]
            assert [one for one in somebody.complaints if home in one or "CSP" in one] == []
    finally:
        server.should_exit = True
        await serving
