"""What the README says, and the pages that are followed step by step, done on one stack."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from local.notion import ORDERS_DATABASE_ID
from local.stack import Stack
from local.visitor import Visitor
from tests.browser.running import running_stack, signed_in
from tests.conftest import eventually
from tests.docs import languages
from tests.docs.following import SIGNED, follow, operate, workflows_beside
from tests.docs.pages import blocks, section, text_of
from tests.docs.shown import shown

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    [paid_order] = [block.text for block in shown() if block.page.name == "shopify.md" and block.language == "python"]
    workflows = workflows_beside(folder, shop_order=paid_order, signed_order=SIGNED)
    async with running_stack(folder, workflows=workflows) as started:
        yield started


@pytest.mark.server
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")
async def test_the_readme_starts_a_run_in_each_way_that_it_names(stack: Stack):
    start = section(text_of("README.md"), "Start a run")
    shell, (program,) = blocks(start, "sh"), blocks(start, "python")
    assert len(shell) == 3
    async with signed_in(stack) as visitor:
        await visitor.connect_notion("my-notion")
        hook = next(
            item["hook_url"] for item in await visitor.get("/api/v1/workflows") if item["name"] == "OrderToNotion"
        )
        for snippet in shell:
            follow(stack, snippet, HOOK_URL=hook)
        follow(stack, shell[0], HOOK_URL=hook)  # the same delivery, once more
        assert "Created page" in follow(stack, program, [sys.executable, "-c"])

        async def all_pages() -> list[str]:
            found = (await visitor.http.get(f"{stack.addresses.notion}/_local/pages")).json()
            names = sorted(page["title"] for page in found if page["title"].startswith("#100"))
            assert len(names) >= 4
            return names

        assert await eventually(all_pages) == ["#1001", "#1002", "#1003", "#1004"]
        ids = {run["id"] for run in (await visitor.get("/api/v1/runs?workflow=OrderToNotion"))["runs"]}
        assert {id for id in ids if not id.endswith(("-2001", "/1005"))} == {
            "order-to-notion/delivery-1001",
            "order-to-notion/1002",
            "order-to-notion/1003",
            "order-to-notion/1004",
        }


@pytest.mark.server
async def test_the_retention_on_the_laptop_is_what_the_pages_say(stack: Stack):
    said = follow(stack, ".venv/bin/temporal operator namespace describe -n default")
    assert re.search(r"Retention\S*\s+(24h0m0s|24h|1d)", said), said
    assert "a day on the laptop" in text_of("docs/running.md")


def shell_of(page: str) -> list[str]:
    return [block.text for block in shown() if block.page.name == page and block.language == "sh"]


async def titles(stack: Stack, visitor: Visitor, name: str) -> list[str]:
    found = (await visitor.http.get(f"{stack.addresses.notion}/_local/pages")).json()
    return [page["title"] for page in found if page["title"] == name]


@pytest.mark.server
async def test_an_order_of_shopify_becomes_a_page_as_the_page_says(stack: Stack):
    variables, rotate, secret, send = shell_of("shopify.md")
    async with signed_in(stack) as visitor:
        await visitor.connect_notion("my-notion")
        await asyncio.to_thread(operate, stack, variables, DATABASE_ID=ORDERS_DATABASE_ID)
        printed = await asyncio.to_thread(operate, stack, rotate)
        address = re.search(r"http://\S+/hooks/paid-order/\S+", printed)
        assert address, printed
        await asyncio.to_thread(operate, stack, secret, SHOPIFY_SECRET="of-the-shops-webhooks")

        async def sent() -> dict[str, Any]:  # every API knows of the new address within some seconds
            said = follow(stack, send, ADDRESS=address[0], SHOPIFY_SECRET="of-the-shops-webhooks")
            return json.loads(said)

        first = await eventually(sent)
        assert first["id"].startswith("paid-order/")
        assert (await sent())["duplicate"] is True

        async def kept() -> bool:
            run = await visitor.get(f"/api/v1/runs/{first['id']}")
            assert run["status"] in ("running", "completed"), run["failures"]
            return run["status"] == "completed" and "#1001" in await titles(stack, visitor, "#1001")

        assert await eventually(kept)


@pytest.mark.server
async def test_a_person_is_asked_and_answers_as_the_page_says(stack: Stack):
    start, show, answer = shell_of("waiting.md")
    async with signed_in(stack) as visitor:
        await visitor.connect_notion("my-notion")
        said = await asyncio.to_thread(operate, stack, start, DATABASE_ID=ORDERS_DATABASE_ID)
        key = said.split()[-1]

        async def asked() -> str:
            return json.loads(follow(stack, show, KEY=key))["waiting"][0]["resume_url"]

        assert '"resumed":true' in follow(stack, answer, RESUME_URL=await eventually(asked))

        async def recorded() -> bool:
            return await titles(stack, visitor, "#3001") == ["#3001"]

        assert await eventually(recorded)


@pytest.mark.server
async def test_a_program_with_temporals_client_alone_starts_a_run(stack: Stack):
    [program] = blocks(section(text_of("docs/triggers.md"), "Any Temporal client"), "python")
    names: dict[str, Any] = {"__name__": "documented"}
    exec(compile(program, "triggers.md", "exec"), names)
    client = await stack.client()
    await names["start"](client)
    assert (await client.get_workflow_handle("order-to-notion/1005").describe()).workflow_type == "OrderToNotion"


@pytest.mark.server
async def test_the_first_look_of_an_operator_answers(stack: Stack):
    look = shell_of("operating.md")[0]
    assert json.loads(follow(stack, look))["ready"] is True


@pytest.mark.server
async def test_every_language_starts_a_run_with_a_key_and_with_a_signature(stack: Stack, tmp_path: Path):
    [make_key] = [text for text in shell_of(languages.PAGE) if "keys create" in text]
    key = (await asyncio.to_thread(operate, stack, make_key)).split()[-1]
    rotated = await asyncio.to_thread(operate, stack, "python cli.py triggers rotate SignedOrder")
    [address] = re.findall(r"http://\S+/hooks/signed-order/\S+", rotated)
    set_secret = 'printf %s "$SECRET" | python cli.py triggers secret SignedOrder'
    await asyncio.to_thread(operate, stack, set_secret, SECRET=SECRET)
    given = {**os.environ, "KEY": key, "ADDRESS": address, "SECRET": SECRET}
    for block in languages.programs():
        if command := languages.command_for(block, tmp_path, stack.addresses.api):
            wanted = "signed-order/msg_" if "SECRET" in block.text else f"order-to-notion/{block.language}-2001"

            async def started(command: list[str] = command, wanted: str = wanted.replace("sh-", "curl-")) -> bool:
                done = await asyncio.to_thread(
                    subprocess.run, command, cwd=tmp_path, env=given, capture_output=True, text=True, timeout=120
                )
                assert wanted in done.stdout, done.stderr
                return True

            assert await eventually(started), str(block)  # an API knows of a new secret within five seconds
