"""The whole product as processes: Temporal, the stand-in for Notion, API and worker; and two builds of a worker."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from local.demo import HANDLE, SHIPPED, set_database, sign_in_link
from local.notion import ORDERS_DATABASE_ID
from local.order import ORDER
from local.stack import Stack
from local.visitor import Visitor
from settings import ROOT, Settings
from temporal import plugin
from tests.activities.servers import serving
from tests.conftest import binary, eventually
from tests.end_to_end.builds import Builds
from tests.end_to_end.upgraded import Gate
from vault import migrate


class Shop:
    """A started stack, as its users meet it; `seen` holds every answer of the API, for the sweep."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.visitor = Visitor(stack.addresses.api)
        self.notion = httpx.AsyncClient(base_url=stack.addresses.notion, trust_env=False)
        self.seen: list[bytes] = []
        self.visitor.http.event_hooks["response"].append(self._keep)

    async def open(self) -> None:
        await self.visitor.sign_in(await sign_in_link(self.stack))
        await self.visitor.connect_notion(HANDLE)
        await set_database(self.stack, ORDERS_DATABASE_ID, (*SHIPPED, "PostNow", "PostSoon"))

    async def close(self) -> None:
        await self.visitor.close()
        await self.notion.aclose()

    async def hook(self, workflow: str = "OrderToNotion") -> str:
        workflows: list[dict[str, Any]] = await self.visitor.get("/api/v1/workflows")
        return next(item["hook_url"] for item in workflows if item["name"] == workflow)

    async def order(self, name: str, workflow: str = "OrderToNotion", **changes: Any) -> str:
        """Post an order to the trigger; return the run's id."""
        answer = await self.visitor.http.post(await self.hook(workflow), json={**ORDER, "name": name, **changes})
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    async def run(self, run_id: str) -> dict[str, Any]:
        return await self.visitor.get(f"/api/v1/runs/{run_id}")

    async def until(self, run_id: str, status: str, *, seconds: float = 60) -> dict[str, Any]:
        async def reached() -> dict[str, Any]:
            run = await self.run(run_id)
            assert run["status"] == status, run
            return run

        return await eventually(reached, seconds=seconds)

    async def waits(self, run_id: str, step: str) -> None:
        """Wait until the run sleeps before a step."""

        async def sleeping() -> bool:
            return [item["step"] for item in (await self.run(run_id))["waiting"]] == [step]

        await eventually(sleeping)

    async def pages(self, name: str) -> list[dict[str, Any]]:
        return [page for page in (await self.notion.get("/_local/pages")).json() if page["title"] == name]

    async def calls(self, path: str) -> list[dict[str, Any]]:
        return [call for call in (await self.notion.get("/_local/calls")).json() if call["path"] == path]

    async def fault(self, **fault: Any) -> None:
        assert (await self.notion.post("/_local/faults", json=[fault])).is_success

    async def _keep(self, response: httpx.Response) -> None:
        if str(response.url).startswith(self.stack.addresses.api):
            await response.aread()
            self.seen.append(str(response.headers).encode() + response.content)


@pytest.fixture(scope="session")
def quiet() -> list[str]:
    """What the stack says while it starts."""
    return []


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shop(tmp_path_factory: pytest.TempPathFactory, quiet: list[str]) -> AsyncIterator[Shop]:
    """A shop whose `my-notion` is connected; every process logs at DEBUG, so that the sweep sees the most."""
    # The shipped workflows, and three of the tests' own.
    flows = tmp_path_factory.mktemp("shop") / "shop_flows"
    shutil.copytree(ROOT / "workflows", flows, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("post_now.py", "post_soon.py", "row_changed.py"):
        shutil.copy(Path(__file__).parent / name, flows)
    settings = Settings(data_dir=tmp_path_factory.mktemp("data"), log_level="DEBUG", api_port=0, workflows_dir=flows)
    stack = Stack(settings, quiet.append)
    await stack.start()
    shop = Shop(stack)
    try:
        await shop.open()
        yield shop
    finally:
        await shop.close()
        await stack.stop()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gate() -> AsyncIterator[Gate]:
    gate = Gate()
    async with serving(gate.answer) as server:
        gate.url = f"{server.origin}/slow"
        yield gate


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server() -> AsyncIterator[Client]:
    """A server that looks every second whether a build has drained, where others take minutes."""
    settings = [f"matching.wv.VersionDrainageStatus{name}" for name in ("VisibilityGracePeriod", "RefreshInterval")]
    async with await WorkflowEnvironment.start_local(  # pyright: ignore[reportUnknownMemberType]  # the SDK's own gap
        dev_server_existing_path=binary("temporal"),
        dev_server_log_level="error",
        dev_server_extra_args=[part for name in settings for part in ("--dynamic-config-value", f'{name}="1s"')],
        plugins=[plugin()],
    ) as environment:
        yield environment.client


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def running(server: Client, gate: Gate, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Builds]:
    data = tmp_path_factory.mktemp("upgrades")
    await migrate(f"sqlite+aiosqlite:///{data / 'vault.db'}")
    builds = Builds(server, data, gate.url.split("/")[2])
    try:
        await asyncio.gather(builds.start("one"), builds.start("two"))
        await asyncio.gather(builds.known("one"), builds.known("two"))
        yield builds
    finally:
        await builds.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def builds(running: Builds) -> Builds:
    """Both builds, `one` being current."""
    await running.deployment.promote("one")
    return running
