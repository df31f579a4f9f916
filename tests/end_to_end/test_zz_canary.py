"""Last of these tests, by its name: it sweeps what the others, with their failures and crashes, have left behind."""

from __future__ import annotations

import re

import pytest

from local.demo import HANDLE
from tests.end_to_end.conftest import Shop
from tests.end_to_end.events import subscribed
from tests.end_to_end.sweep import files, histories, sweep
from vault.opening import open_vault

pytestmark = pytest.mark.server


async def secrets_of(shop: Shop) -> dict[str, str]:
    settings = shop.stack.settings
    vault = await open_vault(settings.vault_url, settings.master_key_text, settings.master_key_path)
    try:
        tokens = (await vault.connections.open(HANDLE)).tokens
    finally:
        await vault.close()
    assert tokens.refresh is not None
    return {
        "access token": tokens.access.reveal(),
        "refresh token": tokens.refresh.reveal(),
        "client secret": shop.stack.env["STEPS_NOTION_CLIENT_SECRET"],
        "master key": settings.master_key_path.read_text().strip(),
        "signing key": settings.signing_key_path.read_text().strip(),
    }


async def test_the_token_is_nowhere_but_in_the_requests_that_reached_notion(shop: Shop):
    # A step that fails with what Notion answered, so that error texts are swept too.
    await shop.fault(method="POST", path="/v1/pages", kind="internal")
    too_long = {"title": "t" * 2_100, "quantity": 1, "price": 1}
    run_id = await shop.order("#9001", workflow="OrderFanOut", line_items=[too_long])
    await shop.until(run_id, "failed")
    for page in ("/", "/connections", "/runs", f"/runs/{run_id}", "/docs", "/openapi.json", "/readyz", "/nowhere"):
        await shop.visitor.http.get(f"{shop.stack.addresses.api}{page}")

    secrets = {**await secrets_of(shop), "verification token": await subscribed(shop)}
    places = dict(files(shop.stack.data, "*.db", "*.db-wal", "*.log"))
    assert {"vault.db", "temporal.db", "logs/worker.log", "logs/api.log"} <= places.keys()
    told = await histories(await shop.stack.client())
    assert len(told) > 5
    places |= told
    places |= {f"answer {number}": answer for number, answer in enumerate(shop.seen)}
    assert sweep(secrets, places) == []

    calls = await shop.calls("/v1/pages")
    assert any(call["authorization"] == f"Bearer {secrets['access token']}" for call in calls)


async def test_no_log_holds_what_opens_a_door(shop: Shop):
    hook = (await shop.hook()).rsplit("/", 1)[1]
    cookies = {f"cookie {cookie.name}": cookie.value or "" for cookie in shop.visitor.http.cookies.jar if cookie.value}
    codes = {f"code {number}": code for number, code in enumerate(_codes(shop))}
    assert cookies
    assert codes
    tokens = {f"resume token {number}": token for number, token in enumerate(await _resume_tokens(shop))}
    assert tokens
    logs = dict(files(shop.stack.data, "*.log"))
    events = (await shop.visitor.get("/api/v1/webhooks/notion"))["address"].rsplit("/", 1)[1]
    assert sweep({"hook secret": hook, "events secret": events, **cookies, **codes, **tokens}, logs) == []


@pytest.mark.parametrize(
    "place", [b"x ntn_canary_1234567890 y", b"eCBudG5fY2FuYXJ5XzEyMzQ1Njc4OTAgeQ==", b"ntn%5Fcanary"]
)
def test_the_sweep_finds_what_it_looks_for(place: bytes):
    secret = "ntn_canary_1234567890" if b"%5F" not in place else "ntn%5Fcanary"
    assert sweep({"token": secret}, {"here": place}) == ["token in here"]
    assert sweep({"token": "ntn_another_1234567890"}, {"here": place}) == []


async def _resume_tokens(shop: Shop) -> set[str]:
    """Open a wait, use its link, and return the signature of every link that the API has shown."""
    run_id = await shop.order("#9002", workflow="ApproveOrder")
    await shop.waits(run_id, "answered")
    (step,) = (await shop.run(run_id))["waiting"]
    await shop.visitor.http.get(step["resume_url"])
    await shop.visitor.http.post(f"{step['resume_url']}?decision=decline")
    await shop.until(run_id, "completed")
    return {token.decode() for seen in shop.seen for token in re.findall(rb"/resume/[\w-]+\.([\w-]{43})", seen)}


def _codes(shop: Shop) -> set[str]:
    """Return the OAuth codes that the browser carried."""
    return {code for address in shop.visitor.visited for code in re.findall(r"[?&]code=([^&]+)", address)}
