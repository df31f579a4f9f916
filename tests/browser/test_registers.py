"""Schedules, variables and keys, as a person keeps them."""

from __future__ import annotations

import httpx
from playwright.async_api import Locator, Page, expect

from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import Person, click_through
from tests.conftest import eventually

SECRET = "canary-of-a-secret-value"


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


async def test_a_key_is_made_used_and_revoked(somebody: Person, stack: Stack):
    page = somebody.page
    await page.goto(f"{stack.addresses.api}/keys")
    await page.get_by_role("link", name="Add key").click()
    await page.get_by_label("Name", exact=True).fill("our shop")
    await page.locator("#scope-read").check()
    await page.get_by_role("button", name="Make the key").click()
    await expect(page.get_by_role("button", name="Copy the key")).to_be_visible()
    text = await page.locator("#key-text").inner_text()
    address = f"{stack.addresses.api}/api/v1/runs"
    headers = {"Authorization": f"Bearer {text}"}
    async with httpx.AsyncClient(trust_env=False, headers=headers) as shop:
        assert (await shop.get(address)).status_code == 200
        await page.get_by_role("link", name="Go to the keys").click()
        mine = row(page, "our shop")
        await expect(mine).to_be_visible()
        assert text not in await page.content()
        await mine.get_by_text("Revoke …").click()
        await mine.get_by_role("button", name="Revoke our shop").click()
        await page.get_by_role("status").get_by_text("our shop").wait_for()
        assert (await shop.get(address)).status_code == 401
    await expect(mine).to_have_count(0)
    await page.get_by_text("Revoked and ended").click()
    await expect(mine.get_by_text("revoked")).to_be_visible()


async def test_a_secret_goes_in_and_stands_in_no_page(somebody: Person, stack: Stack, visitor: Visitor):
    page = somebody.page
    await page.goto(f"{stack.addresses.api}/variables/set?workflow=OrderFanOut")
    await expect(page.get_by_label("Hosts that it may be sent to")).to_be_hidden()
    await page.get_by_label("Name", exact=True).fill("MAIL_KEY")
    await page.locator("#kind-secret").check()
    await page.get_by_label("Value").fill(SECRET)
    await page.get_by_role("button", name="Add the variable").click()
    await expect(page.locator("#hosts-error")).to_contain_text("name at least one host")
    assert [line for line in somebody.take_complaints() if "422" not in line] == []
    pages = [await page.content()]
    await page.get_by_label("Hosts that it may be sent to").fill("mail.example.com")
    await page.get_by_label("Value").fill(SECRET)
    await page.get_by_role("button", name="Add the variable").click()
    await expect(row(page, "MAIL_KEY").get_by_text("mail.example.com")).to_be_visible()
    pages.append(await page.content())
    await click_through(page.get_by_role("link", name="Change MAIL_KEY"))
    await expect(page.get_by_label("Value")).to_have_value("")
    pages.append(await page.content())
    listed = await visitor.http.get(f"{stack.addresses.api}/api/v1/variables")
    assert [text for text in [*pages, listed.text] if SECRET in text] == []
    logs = {path.name: path.read_bytes() for path in (stack.data / "logs").iterdir()}
    assert [name for name, content in logs.items() if SECRET.encode() in content] == []
    await page.get_by_role("link", name="Back").click()
    mine = row(page, "MAIL_KEY")
    await mine.get_by_text("Delete …").click()
    await mine.get_by_role("button", name="Delete MAIL_KEY").click()
    await page.get_by_text("There is no such variable any more").wait_for()
    await expect(mine).to_have_count(0)


async def test_a_schedule_is_made_paused_run_and_deleted(somebody: Person, stack: Stack):
    page = somebody.page
    await page.goto(f"{stack.addresses.api}/schedules")
    await page.get_by_role("link", name="Add schedule").first.click()
    await page.get_by_label("Workflow").select_option("NotionQuery")
    await page.get_by_label("Name (optional)").fill("by-a-person")
    await page.get_by_label("Every", exact=True).fill("6")
    await page.get_by_role("button", name="Make the schedule").click()
    mine = row(page, "by-a-person")
    await expect(mine).to_contain_text("every 6 hours")
    await mine.get_by_role("button", name="Pause").click()
    await page.get_by_text("It starts nothing until it is resumed").wait_for()
    await mine.get_by_role("button", name="Run").click()
    await page.wait_for_url("**/runs/notion-query/by-a-person-*")

    async def shown() -> bool:
        await page.goto(f"{stack.addresses.api}/schedules")
        text = await mine.inner_text()
        return "failed" in text or "completed" in text  # as Notion is connected or not

    await eventually(shown)
    await mine.get_by_text("Delete …").click()
    await mine.get_by_role("button", name="Delete by-a-person").click()
    await page.get_by_text("The schedule is deleted").wait_for()
    await expect(mine).to_have_count(0)
