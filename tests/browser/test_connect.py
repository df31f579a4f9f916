from __future__ import annotations

from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import Browser, Page, Route, expect

from local.demo import sign_in_link
from local.stack import Stack
from tests.browser.chromium import Person, click_through, follow, person
from tests.conftest import eventually

RULE = "Use lowercase letters, numbers, and hyphens only"


async def go_to_form(somebody: Person, stack: Stack) -> Page:
    """Go as a person would: OAuth Connections → Add Connection → Notion."""
    page = somebody.page
    await page.goto(stack.addresses.api)
    await page.get_by_role("link", name="OAuth Connections").click()
    await page.get_by_role("link", name="Add Connection").click()
    await click_through(page.get_by_role("link", name="Connect Notion"))
    return page


async def go_to_consent(somebody: Person, stack: Stack, handle: str) -> Page:
    page = await go_to_form(somebody, stack)
    await page.get_by_label("Handle").fill(handle)
    await page.get_by_role("button", name="Continue to Notion").click()
    await page.get_by_role("alert").or_(page.get_by_role("button", name="Allow")).first.wait_for()
    if await page.get_by_role("alert").count():  # a test before had a connection of this handle, and deleted it
        await expect(page.get_by_role("alert")).to_contain_text(f"A connection with the handle {handle} was deleted")
        await page.get_by_role("button", name="Continue to Notion").click()
    await page.wait_for_url(f"{stack.addresses.notion}/v1/oauth/authorize?**")
    return page


async def token_requests(stack: Stack) -> int:
    async with httpx.AsyncClient(trust_env=False) as client:
        calls = (await client.get(f"{stack.addresses.notion}/_local/calls")).json()
    return sum(call["path"] == "/v1/oauth/token" for call in calls)


async def callback_address(page: Page) -> str:
    """Press Allow, but keep the browser from going where it is sent then."""
    caught: list[str] = []

    async def catch(route: Route) -> None:
        answer = await route.fetch(max_redirects=0)
        caught.append(answer.headers["location"])
        await route.fulfill(status=200, content_type="text/html", body="<!doctype html><title>kept</title>kept")

    await page.route("**/v1/oauth/authorize", catch)
    await page.get_by_role("button", name="Allow").click()
    await page.get_by_text("kept").wait_for()
    await page.unroute("**/v1/oauth/authorize")
    return caught[0]


@pytest.mark.usefixtures("nothing_connected")
async def test_a_person_connects_notion_under_a_handle(somebody: Person, stack: Stack):
    await somebody.page.goto(f"{stack.addresses.api}/connections")
    await expect(somebody.page.get_by_role("heading", name="No account is connected yet")).to_be_visible()

    page = await go_to_consent(somebody, stack, "my-notion")
    await expect(page.get_by_role("checkbox").first).to_be_visible()
    await page.get_by_role("button", name="Allow").click()

    await page.wait_for_url(f"{stack.addresses.api}/connections?connected=my-notion")
    await expect(page.get_by_role("status")).to_contain_text("my-notion is connected")
    card = page.get_by_role("listitem", name="my-notion")
    told = await card.inner_text()
    assert "Corner Shop" in told
    assert "active" in told
    assert told.count("never") == 2
    await expect(card.get_by_role("link", name="OrderToNotion").first).to_be_visible()
    await card.get_by_text("Delete …").click()
    await expect(card.get_by_text("This breaks:")).to_be_visible()
    assert await token_requests(stack) == 1


async def test_the_form_keeps_a_bad_handle_back_and_shows_the_rule(somebody: Person, stack: Stack):
    page = await go_to_form(somebody, stack)
    await expect(page.get_by_text(RULE)).to_be_visible()
    handle = page.get_by_label("Handle")

    await handle.press_sequentially("My Notion")
    await page.get_by_role("link", name="my-notion").wait_for()
    await expect(page.get_by_role("status")).to_contain_text("the handle holds 'M'")
    await page.get_by_role("button", name="Continue to Notion").click()

    await expect(page).to_have_url(f"{stack.addresses.api}/connections/add/notion")
    assert await handle.evaluate("input => !input.checkValidity() && input.title") == RULE


async def test_the_server_refuses_a_bad_handle_that_the_form_let_through(somebody: Person, stack: Stack):
    page = await go_to_form(somebody, stack)
    await page.locator("form[action*=connections]").evaluate("form => { form.noValidate = true }")
    await page.get_by_label("Handle").fill("My Notion")
    await page.get_by_role("button", name="Continue to Notion").click()

    await expect(page.get_by_role("alert")).to_contain_text(RULE)
    await expect(page.get_by_role("alert")).to_contain_text("'M'")
    await expect(page.get_by_label("Handle")).to_have_value("My Notion")
    assert all("422" in complaint for complaint in somebody.take_complaints())


@pytest.mark.usefixtures("nothing_connected")
async def test_cancel_at_the_consent_page_stores_nothing(somebody: Person, stack: Stack):
    page = await go_to_consent(somebody, stack, "given-up")
    await page.get_by_role("button", name="Cancel").click()
    await page.wait_for_url(f"{stack.addresses.api}/oauth/outcome")
    await expect(page.locator("main")).to_contain_text("nothing was stored")

    await page.get_by_role("link", name="Try again").click()
    await expect(page.get_by_label("Handle")).to_have_value("given-up")
    await page.get_by_role("link", name="Back to OAuth Connections").click()
    await expect(page.get_by_role("heading", name="No account is connected yet")).to_be_visible()
    assert await token_requests(stack) == 0


@pytest.mark.parametrize("signed_in", [True, False])
@pytest.mark.usefixtures("nothing_connected")
async def test_another_browser_cannot_finish_what_this_one_began(
    somebody: Person, stack: Stack, browser: Browser, signed_in: bool
):
    callback = await callback_address(await go_to_consent(somebody, stack, "mine"))

    async with person(browser) as other:
        if signed_in:
            await follow(other.page, await sign_in_link(stack))
        answer = await other.page.goto(callback)
        assert answer is not None
        assert answer.status == 403
        await expect(other.page.locator("h1")).to_contain_text("Another browser began this connection")
    assert await token_requests(stack) == 0

    await somebody.page.goto(callback)  # it stays good for the one who began
    assert urlsplit(somebody.page.url).path == "/connections"
    await expect(somebody.page.get_by_role("status")).to_contain_text("mine is connected")
    assert await token_requests(stack) == 1


@pytest.mark.usefixtures("nothing_connected")
async def test_a_callback_address_works_once(somebody: Person, stack: Stack):
    page = await go_to_consent(somebody, stack, "once")
    callback = await callback_address(page)
    await page.goto(callback)
    answer = await page.goto(callback)
    assert answer is not None
    assert answer.status == 400
    assert await token_requests(stack) == 1
    assert all("400" in complaint for complaint in somebody.take_complaints())


async def test_signing_out_ends_what_the_browser_may_see(somebody: Person, stack: Stack):
    page = somebody.page
    await page.goto(stack.addresses.api)
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/signin")
    await page.goto(f"{stack.addresses.api}/connections")
    await expect(page).to_have_url(f"{stack.addresses.api}/signin?next=%2Fconnections")
    await expect(page.get_by_label("API key")).to_be_visible()


@pytest.mark.usefixtures("nothing_connected")
async def test_a_person_tests_reconnects_and_deletes_a_connection(somebody: Person, stack: Stack):
    page = await go_to_consent(somebody, stack, "for-a-while")
    await page.get_by_role("button", name="Allow").click()
    await page.wait_for_url(f"{stack.addresses.api}/connections?connected=for-a-while")

    await page.get_by_role("button", name="Test for-a-while").click()
    await page.get_by_text("for-a-while works").wait_for()
    assert page.url.endswith("/connections?connected=for-a-while")  # in place
    assert (await page.get_by_role("listitem", name="for-a-while").inner_text()).count("never") <= 1

    await click_through(page.get_by_role("link", name="Reconnect for-a-while"))
    await expect(page.locator("main")).to_contain_text("Corner Shop")
    await page.get_by_role("button", name="Continue to Notion").click()
    await page.get_by_role("button", name="Allow").click()
    await page.wait_for_url(f"{stack.addresses.api}/connections?connected=for-a-while")

    await page.get_by_text("Delete …").click()
    await page.get_by_role("button", name="Delete for-a-while").click()
    await page.wait_for_url(f"{stack.addresses.api}/connections?deleted=for-a-while")

    async def told() -> bool:
        await page.reload()
        return "for-a-while is deleted" in await page.get_by_role("status").inner_text()

    await eventually(told)
    await expect(page.get_by_role("status")).to_contain_text("Its authorization is revoked at Notion.")
    await expect(page.get_by_role("heading", name="No account is connected yet")).to_be_visible()
