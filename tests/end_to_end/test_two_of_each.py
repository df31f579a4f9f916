"""The topology of docker-compose.yml as processes, with two APIs and two workers: one order becomes one page."""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from local.child import Child
from local.demo import HANDLE, set_database, sign_in_link
from local.notion import ORDERS_DATABASE_ID
from local.order import ORDER, delivery_headers
from local.ports import choose
from local.stack import Stack
from settings import ROOT, Settings
from tests.end_to_end.conftest import Shop
from tests.openbao.conftest import openbao, settings_of
from tests.openbao.server import Server
from tests.postgres import Deployed
from tests.sweep.topology import answering

pytestmark = pytest.mark.server
__all__ = ["openbao"]


class Twice(Stack):
    """The stack with PostgreSQL and OpenBao, and a second API and worker, which share nothing else with the first."""

    def __init__(self, settings: Settings, database: Deployed, openbao: Server) -> None:
        self._given = {
            "STEPS_DATABASE_URL": database.application,
            "STEPS_KEY_PROVIDER": "openbao",
            "STEPS_OPENBAO_URL": openbao.url,
        }
        self._own = {
            role: {"STEPS_OPENBAO_ROLE_ID": f"steps-{role}", "STEPS_OPENBAO_SECRET_ID": openbao.secret_id(role)}
            for role in ("api", "worker")
        }
        super().__init__(settings, lambda line: None)
        self._second = choose(0, set())
        self.apis = (self.addresses.api, f"http://127.0.0.1:{self._second}")

    @property
    def env(self) -> dict[str, str]:
        """What every process gets."""
        return super().env | self._given

    async def start_second(self, role: str) -> None:
        """Start another API or worker."""
        if role == "api":
            await self._run("api 2", [sys.executable, str(ROOT / "cli.py"), "api"], self._second_api_ready)
        else:
            await self._run("worker 2", [sys.executable, str(ROOT / "worker.py")], self._second_worker_ready)

    async def stop(self) -> None:
        """Stop everything."""
        await asyncio.gather(*(child.stop() for name, child in self.children.items() if name.endswith("2")))
        await super().stop()

    async def _start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        await asyncio.gather(self.start_temporal(), self.start_notion())
        await asyncio.gather(self.start_api(), self.start_second("api"))
        await asyncio.gather(self.start_worker(), self.start_second("worker"))

    async def _run(self, name: str, argv: list[str], ready: Callable[[], Awaitable[bool]], **more: str) -> None:
        port = {"STEPS_API_PORT": str(self._second)} if name == "api 2" else {}
        await super()._run(name, argv, ready, **(more | self._own.get(name.partition(" ")[0], {}) | port))

    async def _second_api_ready(self) -> bool:
        return await answering(f"{self.apis[1]}/readyz") == 200

    async def _second_worker_ready(self) -> bool:
        return "Polling the task queue" in self.children["worker 2"].output()


@pytest.fixture(scope="module")
def signing_key() -> Iterator[str]:
    """One for every process, as the secret of a deployment."""
    with pytest.MonkeyPatch.context() as patch:
        key = "c2lnbmluZy1rZXktb2YtdGhlc2UtdGVzdHMtMDgxNSE="
        patch.setenv("STEPS_SIGNING_KEY", key)
        yield key


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def twice(
    deployed: Deployed, openbao: Server, signing_key: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    deployed.empty()
    flows = tmp_path_factory.mktemp("flows") / "twice_flows"
    flows.mkdir()
    shutil.copy(Path(__file__).parent / "post_soon.py", flows)
    settings = settings_of(
        openbao, "api", data_dir=tmp_path_factory.mktemp("twice"), api_port=0, database_url=deployed.application,
        signing_key=signing_key, workflows_dir=flows,
    )  # fmt: skip
    stack = Twice(settings, deployed, openbao)
    await stack.start()
    shop = Shop(stack)
    try:
        await shop.visitor.sign_in(await sign_in_link(stack))
        await shop.visitor.connect_notion(HANDLE)
        await set_database(stack, ORDERS_DATABASE_ID, ["PostSoon"])
        yield shop
    finally:
        await shop.close()
        await stack.stop()


async def post(shop: Shop, api: str, order: str, delivery: str) -> httpx.Response:
    """Send a delivery as the shop does, to one of the APIs."""
    path = httpx.URL(await shop.hook("PostSoon")).path
    async with httpx.AsyncClient(trust_env=False, timeout=60) as sender:
        return await sender.post(f"{api}{path}", json={**ORDER, "name": order}, headers=delivery_headers(delivery))


def apis(shop: Shop) -> tuple[str, str]:
    assert isinstance(shop.stack, Twice)
    return shop.stack.apis


async def holder(shop: Shop, run: str) -> Child:
    """Return the worker that has a run in its memory: the one that took its last task."""
    handle = (await shop.stack.client()).get_workflow_handle(run)
    taken = [
        event.workflow_task_started_event_attributes.identity
        async for event in handle.fetch_history_events()
        if event.HasField("workflow_task_started_event_attributes")
    ]
    workers = (shop.stack.children["worker"], shop.stack.children["worker 2"])
    return next(worker for worker in workers if taken[-1].startswith(f"{worker.pid}@"))


async def test_a_delivery_that_comes_to_both_apis_is_one_run_and_one_page(twice: Shop):
    """Once one after the other, once at the same moment."""
    first, second = apis(twice)
    one = await post(twice, first, "#5001", "delivery-1")
    again = await post(twice, second, "#5001", "delivery-1")
    both = await asyncio.gather(*(post(twice, api, "#5002", "delivery-2") for api in (first, second, first, second)))
    assert {answer.status_code // 100 for answer in (one, again, *both)} == {2}
    assert one.json()["id"] == again.json()["id"]
    [together] = {answer.json()["id"] for answer in both}
    await asyncio.gather(twice.until(one.json()["id"], "completed"), twice.until(together, "completed"))
    assert [len(await twice.pages(name)) for name in ("#5001", "#5002")] == [1, 1]


async def test_what_a_killed_api_and_a_killed_worker_had_under_way_is_ended_by_the_others(twice: Shop):
    """Both end with -9 and do not come back: the API while it answers, the worker while it has the run."""
    first, second = apis(twice)
    lost, _ = await asyncio.gather(
        post(twice, second, "#5003", "delivery-3"),
        twice.stack.children["api 2"].stop(signal.SIGKILL),
        return_exceptions=True,
    )
    assert isinstance(lost, httpx.Response | httpx.TransportError)
    run = (await post(twice, first, "#5003", "delivery-3")).json()["id"]  # the shop sends again
    if isinstance(lost, httpx.Response):
        assert lost.json()["id"] == run
    await twice.waits(run, "create_record")
    await (await holder(twice, run)).stop(signal.SIGKILL)
    await twice.until(run, "completed")
    assert len(await twice.pages("#5003")) == 1
