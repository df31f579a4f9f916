from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from local.demo import sign_in_link
from local.stack import Stack
from local.visitor import Visitor
from tests.browser.chromium import PROGRAM, Person, follow, launched, person
from tests.browser.running import running_stack, signed_in
from tests.conftest import eventually


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if PROGRAM is None:
                item.add_marker(pytest.mark.skip(reason="Chromium is missing: apt-get install chromium"))


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    async with running_stack(tmp_path_factory.mktemp("stack")) as started:
        yield started


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with launched() as started:
        yield started


@pytest.fixture
async def visitor(stack: Stack) -> AsyncIterator[Visitor]:
    async with signed_in(stack) as program:
        yield program


@pytest.fixture
async def nothing_connected(stack: Stack, visitor: Visitor) -> None:
    for connection in await visitor.get("/api/v1/connections"):
        await visitor.http.delete(f"{stack.addresses.api}/api/v1/connections/{connection['handle']}")

    async def gone() -> bool:
        return await visitor.get("/api/v1/connections") == []

    await eventually(gone)  # a worker revokes each at Notion first
    await visitor.http.delete(f"{stack.addresses.notion}/_local/calls")


@pytest.fixture
async def somebody(browser: Browser, stack: Stack) -> AsyncIterator[Person]:
    """A signed-in person. What they did reached this machine alone, and no page broke a rule."""
    async with person(browser) as visitor:
        await follow(visitor.page, await sign_in_link(stack))
        yield visitor
        assert visitor.hosts == {"127.0.0.1"}
        assert visitor.complaints == []
