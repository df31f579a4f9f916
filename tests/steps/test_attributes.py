"""How runs are found in Temporal's lists."""

from __future__ import annotations

import gc
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
import pytest_asyncio
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from steps.attributes import CONNECTION, STEP, TRIGGER, TYPES, WORKFLOW, at_start
from temporal import SearchAttributes, attributes_known, plugin
from tests.conftest import binary, eventually
from tests.steps.harness import Outside, ended, start, working

pytestmark = pytest.mark.server


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def bare() -> AsyncIterator[Client]:
    """A server that knows no search attributes of ours."""
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        dev_server_existing_path=binary("temporal"), dev_server_log_level="error", plugins=[plugin()]
    ) as environment:
        yield environment.client


async def test_missing_attributes_are_registered_once_and_then_known(bare: Client):
    asked = SearchAttributes()
    assert not await asked.known(bare), "a server that was just told refuses them for a moment"
    asked._ask_at = 0  # pyright: ignore[reportPrivateUsage]  # what it tests
    assert await asked.known(bare)
    assert await SearchAttributes().known(bare)


async def test_a_client_that_nobody_uses_any_more_is_let_go(bare: Client):
    client = Client(bare.service_client)
    await attributes_known(client)
    seen = ref(client)
    del client
    gc.collect()
    assert seen() is None


async def indexed(client: Client, queue: str, name: str, data: Any = None) -> WorkflowHandle[Any, Any]:
    return await client.start_workflow(
        name, {"data": data}, id=f"{name}/indexed-{uuid.uuid4()}", task_queue=queue,
        search_attributes=at_start(name, "hook", ["my-notion"] if name == "Journey" else ()),
    )  # fmt: skip


async def found(client: Client, handle: WorkflowHandle[Any, Any], query: str) -> bool:
    """Tell whether Temporal's list has the run under this query."""
    return any([run.id == handle.id async for run in client.list_workflows(query)])


async def test_a_sleeping_run_is_found_by_the_step_that_it_waits_for(bare: Client):
    await eventually(lambda: attributes_known(bare), seconds=60)
    async with working(bare) as queue:
        handle = await indexed(bare, queue, "FanOut", {"branches": 2, "delay": 3_600})
        await eventually(lambda: found(bare, handle, "Step = 'branch' AND Workflow = 'FanOut' AND `Trigger` = 'hook'"))
        await handle.cancel()


async def test_connections_that_the_code_does_not_name_are_told_when_the_run_ends(bare: Client):
    await eventually(lambda: attributes_known(bare), seconds=60)
    async with working(bare) as queue:
        handle = await indexed(bare, queue, "TakesToken", "my-notion")
        await ended(handle)
        await eventually(lambda: found(bare, handle, "Connection = 'my-notion'"))


async def test_what_is_known_at_the_start_costs_no_event(bare: Client):
    await eventually(lambda: attributes_known(bare), seconds=60)
    async with working(bare, Outside({"TABLE": "t"})) as queue:
        handle = await indexed(bare, queue, "Journey")
        await ended(handle)
        await eventually(lambda: found(bare, handle, "Connection = 'my-notion' AND Workflow = 'Journey'"))
        history = await handle.fetch_history()
    kinds = [event.WhichOneof("attributes") for event in history.events]
    assert "upsert_workflow_search_attributes_event_attributes" not in kinds


async def test_a_run_that_was_started_without_them_sets_none(bare: Client):
    async with working(bare) as queue:
        handle = await start(bare, queue, "TakesToken", "my-notion")
        await ended(handle)
        description = await handle.describe()
    assert description.typed_search_attributes.get(CONNECTION) is None


def test_each_attribute_has_the_type_that_temporal_is_told():
    assert {key.name for key in (WORKFLOW, TRIGGER, STEP, CONNECTION)} == set(TYPES)


def test_the_production_namespace_gets_the_same_attributes():
    script = (Path(__file__).parents[2] / "docker" / "temporal-namespace.sh").read_text(encoding="utf-8")
    (line,) = [line for line in script.splitlines() if line.startswith("for attribute in ")]
    named = dict(pair.split("=") for pair in line.removeprefix("for attribute in ").removesuffix("; do").split())
    kinds = {
        "Keyword": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
        "KeywordList": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD_LIST,
    }
    assert {name: kinds[kind] for name, kind in named.items()} == TYPES
