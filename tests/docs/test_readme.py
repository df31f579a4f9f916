"""What the README says, done."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from local.stack import Stack
from settings import ROOT
from tests.browser.running import running_stack, signed_in
from tests.conftest import eventually
from tests.docs.pages import blocks, section, text_of


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path_factory.mktemp("stack")) as started:
        yield started


def run_snippet(stack: Stack, snippet: str, *, python: bool = False, **extra: str) -> str:
    """Run a piece of the README against the stack: only where the stack is differs from what is written."""
    snippet = snippet.replace("http://127.0.0.1:8000", stack.addresses.api)
    snippet = snippet.replace("localhost:7233", stack.addresses.temporal)
    snippet = snippet.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    arguments = [sys.executable, "-c", snippet] if python else ["bash", "-euc", snippet]
    done = subprocess.run(
        arguments, cwd=ROOT, env={**os.environ, **stack.env, **extra}, capture_output=True, text=True, timeout=60
    )
    # A program that has ended may still be crashed by the SDK's threads while Python tears down (see temporal.leave).
    assert done.returncode in (0, -signal.SIGSEGV, -signal.SIGABRT), done.stderr
    return done.stdout


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
            run_snippet(stack, snippet, HOOK_URL=hook)
        run_snippet(stack, shell[0], HOOK_URL=hook)  # the same delivery, once more
        assert "Created page" in run_snippet(stack, program, python=True)

        async def all_pages() -> list[str]:
            found = (await visitor.http.get(f"{stack.addresses.notion}/_local/pages")).json()
            names = sorted(page["title"] for page in found if page["title"].startswith("#100"))
            assert len(names) >= 4
            return names

        assert await eventually(all_pages) == ["#1001", "#1002", "#1003", "#1004"]
        ids = {run["id"] for run in (await visitor.get("/api/v1/runs"))["runs"]}
        assert ids == {
            "order-to-notion/delivery-1001",
            "order-to-notion/1002",
            "order-to-notion/1003",
            "order-to-notion/1004",
        }


@pytest.mark.server
async def test_the_retention_on_the_laptop_is_what_the_pages_say(stack: Stack):
    said = run_snippet(stack, ".venv/bin/temporal operator namespace describe -n default")
    assert re.search(r"Retention\S*\s+(24h0m0s|24h|1d)", said), said
    assert "a day on the laptop" in text_of("docs/running.md")
