"""Runs share what a file holds where it cannot change, and the sandbox refuses what it refused."""

from __future__ import annotations

import asyncio
import importlib
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from steps import sandbox, shared_sandbox
from steps.sandbox import workflow_runner
from steps.shared_sandbox import SharedImporter, SharedSandboxRunner, ThreadContext, is_known_sdk
from tests.steps.harness import Outside, ended, start, working

HEAD = """from __future__ import annotations

import asyncio
import functools
import itertools
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from steps import Api, Workflow

"""
FLOW = """

class Flow(Workflow):
    async def start(self, data, headers, api: Api):
        {body}
"""
FIXED = [
    "",
    "LIMIT, NAMES, WORD, WAIT = 3, ('a', frozenset('b')), re.compile('a'), timedelta(days=1)",
    "Data = dict[str, Any]\nOther = str | None",
    "class Order(BaseModel):\n    lines: list[str] = Field(default_factory=list)\n    tags: list[str] = []",
    "@dataclass(frozen=True)\nclass Point:\n    x: int = 1",
    "class Kind(Enum):\n    A = 'a'",
    "class Pair(NamedTuple):\n    a: int = 1\n    b: str = ''",
    "def double(number: int, by: int = 2) -> int:\n    return number * by",
    "class Base(Workflow, abstract=True):\n    LIMIT = 3\n\n    @staticmethod\n    def one():\n        return 1\n"
    "\n    async def next(self, data, headers, api: Api):\n        return self.LIMIT",
    "class Lost(Exception):\n    pass",
    "from steps import NotionEvent\n\nPAGES = NotionEvent('page.created')",
]
CHANGING = [
    "SEEN = []",
    "TABLE = {'a': 1}",
    "NESTED = ('a', ['b'])",
    "NUMBERS = itertools.count()",
    "@functools.cache\ndef once():\n    return 1",
    "def once(seen=[]):\n    return seen",
    "def counting(function):\n    count = [0]\n    def inner():\n        count[0] += 1\n    return inner\n"
    "\n@counting\ndef counted():\n    pass",
    "def first():\n    pass\n\nfirst.calls = 0",
    "class Held:\n    seen = []",
    "class Held:\n    pass\n\nHELD = Held()",
    "COUNT = 0\n\ndef bump():\n    global COUNT\n    COUNT += 1",
    "def bump(name):\n    globals()[name] = 1",
    "class Kind(Enum):\n    A = ['a']",
    "from flows_of_shared import helper",
    "def later():\n    import flows_of_shared.helper",
    "class Flow2(Workflow):\n    async def start(self, data, headers, api: Api):\n        type(self).count = 1",
    "class Flow2(Workflow):\n    async def start(self, data, headers, api: Api):\n        Flow2.a = 1  # guard: known",
]


@pytest.fixture
def load(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], Any]]:
    """Write a file of a package, import it, and return its class."""
    package = tmp_path / "flows_of_shared"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "helper.py").write_text("SEEN = 1\n", encoding="utf-8")
    sys.path.insert(0, str(tmp_path))

    def load(text: str, body: str = "return 1") -> Any:
        (package / "flow.py").write_text(HEAD + text + FLOW.format(body=body), encoding="utf-8")
        importlib.invalidate_caches()
        return importlib.import_module("flows_of_shared.flow").Flow

    yield load
    sys.path.remove(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("flows_of_shared")]:
        del sys.modules[name]


def shares(cls: Any) -> bool:
    """Load a class as a worker does, and tell whether its runs would share what the file holds."""
    runner = workflow_runner()
    assert isinstance(runner, SharedSandboxRunner)

    async def prepare() -> None:
        runner.prepare_workflow(cls.__temporal_workflow_definition)

    thread = threading.Thread(target=asyncio.run, args=(prepare(),))
    thread.start()
    thread.join()
    [found] = runner._importers.values()  # pyright: ignore[reportPrivateUsage]  # what it tests
    return found is not None


def test_the_sdk_is_the_one_that_the_shared_sandbox_was_written_for():
    assert is_known_sdk(), (
        "temporalio has changed the constructor of worker/workflow_sandbox/_runner.py:_Instance. Until "
        "steps/shared_sandbox.py follows, every run imports its file anew, which is right and slower."
    )


def test_another_sdk_gets_temporals_own_sandbox(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shared_sandbox, "_KNOWN", ("something", "else"))
    assert type(sandbox.workflow_runner()) is SandboxedWorkflowRunner


@pytest.mark.parametrize("text", FIXED)
def test_a_file_that_holds_nothing_that_changes_is_imported_once(load: Callable[..., Any], text: str):
    assert shares(load(text))


@pytest.mark.parametrize("text", CHANGING)
def test_a_file_that_may_hold_state_is_imported_for_each_run(load: Callable[..., Any], text: str):
    assert not shares(load(text))


@pytest.mark.parametrize(
    "module", ["order_to_notion.OrderToNotion", "order_fan_out.OrderFanOut", "notion_query.NotionQuery"]
)
def test_the_shipped_workflows_are_imported_once(module: str):
    file, name = module.split(".")
    assert shares(getattr(importlib.import_module(f"workflows.{file}"), name))


@pytest.mark.parametrize("text", ["", "SEEN = []"], ids=["shared", "of its own"])
async def test_the_file_is_imported_as_often_as_it_must(
    dev_server: WorkflowEnvironment, load: Callable[..., Any], text: str
):
    flow = load(text, body="return id(Flow)")
    async with working(dev_server.client, Outside(), workflows=[flow]) as queue:
        records = [await ended(await start(dev_server.client, queue, "Flow")) for _ in range(3)]
    assert len({record.result for record in records}) == (3 if text else 1)
    assert id(flow) not in {record.result for record in records}, "the sandbox has a class of its own"


async def test_runs_at_the_same_time_share_a_sandbox_and_are_refused_the_same(
    dev_server: WorkflowEnvironment, load: Callable[..., Any]
):
    """A run that is refused something ends its activation; those beside it must stay under the restrictions."""
    body = """import random
        refused = 0
        for _ in range(40):
            await asyncio.sleep(0)
            for look in (datetime.now, random.random, lambda: open('/dev/null')):
                try:
                    look()
                except BaseException as error:
                    refused += "RestrictedWorkflowAccessError" == type(error).__name__
        return [data, refused]"""
    flow = load("", body=body)
    async with working(dev_server.client, Outside(), workflows=[flow]) as queue:
        handles = [await start(dev_server.client, queue, "Flow", number) for number in range(24)]
        records = await asyncio.gather(*map(ended, handles))
    assert [record.result for record in records] == [[number, 120] for number in range(24)]


def test_whether_a_thread_runs_a_workflow_is_its_own_affair():
    context = ThreadContext()
    context.is_runtime = context.in_activation = True
    seen: list[bool] = []
    thread = threading.Thread(target=lambda: seen.extend([context.is_runtime, context.in_activation]))
    thread.start()
    thread.join()
    assert seen == [False, False]
    assert context.is_runtime
    assert context.in_activation


def test_a_module_that_two_threads_import_first_is_restricted_for_both(monkeypatch: pytest.MonkeyPatch):
    importer = SharedImporter(workflow_runner().restrictions, ThreadContext(), "flow")
    found: list[str] = []

    def slow(self: SharedImporter, module: Any) -> Any:
        time.sleep(0.05)  # between the mark that a module is restricted, and the restriction
        return restrict(self, module)

    restrict = SharedImporter._maybe_restrict_module  # pyright: ignore[reportPrivateUsage]  # what it tests
    monkeypatch.setattr(SharedImporter, "_maybe_restrict_module", slow)

    def look() -> None:
        with importer.applied():
            import random
        found.append(type(random).__name__)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["RestrictedModule"] * 4
