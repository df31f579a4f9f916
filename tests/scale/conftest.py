"""A worker whose calls are counted, and the figures, which are printed when all is done."""

from __future__ import annotations

import collections
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from temporalio import activity
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from steps.wait import OpenedWait, WaitRequest
from tests.scale.figures import Figures, as_table
from tests.scale.flows import SCALE_FLOWS
from tests.steps.harness import Outside, working

# `make test-scale` sets it to 1; a tenth is part of `make test`.
SCALE = float(os.environ.get("SCALE", "0.1"))
_rows: list[Figures] = []


class Counting(Outside):
    """Count each call by its number, and remember the waits that were opened."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: collections.Counter[int] = collections.Counter()
        self.waits: list[str] = []

    @activity.defn(name="count")
    async def count(self, number: int) -> None:
        self.counted[number] += 1

    @activity.defn(name="open_wait")
    async def open_wait(self, request: WaitRequest) -> OpenedWait:
        self.waits.append(request.wait_id)
        return OpenedWait(token=request.wait_id, resume_url="http://steps.test/")

    def all(self) -> list[Any]:
        return [*super().all(), self.count]


class Place:
    """A worker on the real server."""

    def __init__(self, client: Client, queue: str, outside: Counting) -> None:
        self.client, self.queue, self.outside = client, queue, outside


@pytest_asyncio.fixture(loop_scope="session")
async def place(dev_server: WorkflowEnvironment) -> AsyncIterator[Place]:
    outside = Counting()
    async with working(dev_server.client, outside, workflows=SCALE_FLOWS) as queue:
        yield Place(dev_server.client, queue, outside)


@pytest.fixture(scope="session")
def figures() -> list[Figures]:
    return _rows


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if _rows:
        terminalreporter.section(f"scale {SCALE:g}")
        terminalreporter.write_line(as_table(_rows))
