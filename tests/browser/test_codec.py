"""Temporal's own UI and command line, of a stack whose payloads are encrypted."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from local.demo import sign_in_link
from local.stack import Stack
from tests.browser.chromium import follow, person
from tests.browser.running import running_stack, signed_in
from tests.conftest import binary
from vault.opening import open_vault

ORDER = "#canary-1002"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def encrypted(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("encrypted")
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    (folder / ".env").write_text(f"STEPS_PAYLOAD_KEYS=k1:{key}\n", encoding="utf-8")
    async with running_stack(folder) as stack:
        yield stack


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def run_id(encrypted: Stack) -> str:
    """A run that waits for a person."""
    async with signed_in(encrypted) as program:
        data = {"name": ORDER, "total_price": "512.00"}
        return (await program.post("/api/v1/workflows/ApproveOrder/runs", {"data": data}))["id"]


async def test_the_ui_shows_a_run_to_whoever_has_signed_in(encrypted: Stack, browser: Browser, run_id: str) -> None:
    codec = f"{encrypted.addresses.api}/codec"
    run = f"{encrypted.addresses.ui}/namespaces/default/workflows/{run_id.replace('/', '%2F')}"
    async with person(browser, height=1600) as somebody:
        page = somebody.page
        # What the UI's dialog "Configure Codec Server" keeps.
        kept = {"endpoint": codec, "includeCredentials": True, "overrideRemoteCodecConfiguration": True}
        await page.goto(encrypted.addresses.ui)
        for name, value in kept.items():
            await page.evaluate("([name, value]) => localStorage.setItem(name, value)", [name, json.dumps(value)])
        async with page.expect_response(lambda answer: answer.url.startswith(codec)) as refused:
            await page.goto(run)
        assert (await refused.value).status == 401
        assert ORDER not in await page.inner_text("body")
        await follow(page, await sign_in_link(encrypted))
        async with page.expect_response(lambda answer: answer.url.startswith(codec)) as answered:
            await page.goto(run)
        assert (await answered.value).status == 200
        await page.get_by_text(ORDER).first.wait_for()


async def test_the_command_line_shows_a_run_to_whoever_has_a_key(encrypted: Stack, run_id: str) -> None:
    settings = encrypted.settings
    vault = await open_vault(settings.vault_url, settings.master_key_text, settings.master_key_path)
    try:
        _, key = await vault.api_keys.create("command line", ["admin"])
    finally:
        await vault.close()
    show = ["workflow", "show", "--workflow-id", run_id, "--output", "json", "--address", encrypted.addresses.temporal]
    codec = ["--codec-endpoint", f"{encrypted.addresses.api}/codec", "--codec-auth"]
    assert ORDER not in await said(*show)
    assert ORDER in await said(*show, *codec, f"Bearer {key.reveal()}")
    assert ORDER not in await said(*show, *codec, "Bearer steps_wrong")


async def test_nothing_of_it_stands_in_temporals_database(encrypted: Stack, run_id: str) -> None:
    stored = b"".join(path.read_bytes() for path in Path(encrypted.data).glob("temporal.db*"))
    assert run_id.encode() in stored
    assert b"canary-1002" not in stored


async def said(*arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        binary("temporal"), *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await asyncio.wait_for(process.communicate(), 30)
    text = output.decode()
    # The command line writes payloads as JSON, or as base64 where it cannot read them.
    return text + "".join(
        base64.b64decode(part + "==").decode("latin-1") for part in text.split('"') if part[:3] == "eyJ"
    )
