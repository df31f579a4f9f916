"""The production topology: PostgreSQL, OpenBao, Temporal, two APIs, two workers, Notion; a way between each pair."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client

from local.child import Child
from local.notion import ORDERS_DATABASE_ID
from local.ports import choose
from local.server import server_argv
from settings import ROOT
from temporal import plugin
from tests.chaos.disk import Disk
from tests.chaos.room import Room, WallClock
from tests.chaos.way import Way
from tests.openbao.server import Server
from tests.postgres import Deployed
from vault import Account, Secret, Tokens, Vault
from vault.openbao import OpenBaoKeys
from vault.signing import Signer

WORKFLOW, HANDLE = "SignedOrder", "my-notion"
APIS, WORKERS = ("api-0", "api-1"), ("worker-0", "worker-1")
# Whom each process talks to.
NEEDS = {"api": ("temporal", "postgres", "openbao"), "worker": ("temporal", "postgres", "openbao", "notion")}
_KEY = b"signing-key-of-the-chaos-suite-1"
_SECRET = "the-shop-signs-with-this"  # of this suite alone


class Plant:
    """Every process, and every way between two of them, named `worker-0 to temporal`."""

    def __init__(self, folder: Path, database: Deployed, openbao: Server, *, settle: float, disk: Disk | str) -> None:
        self.folder, self.database, self.openbao, self._settle = folder, database, openbao, settle
        self.disk, self.no_disk = (None, disk) if isinstance(disk, str) else (disk, None)
        taken: set[int] = set()
        servers = ("temporal", "ui", "notion", *APIS)
        self.ports = {name: choose(0, taken) for name in servers}
        self.ports |= {"postgres": database.server.port, "openbao": openbao.port}
        self.secret, self.signer = Secret(_SECRET), Signer(_KEY)
        self.children: dict[str, Child] = {}
        self.ways: dict[str, Way] = {}
        self.restarts = 0
        self.no_room, self.no_clock = Room.missing(), WallClock.missing()
        self.room = None if self.no_room else Room(f"steps-{os.getpid()}")
        self.clock = None if self.no_clock else WallClock(folder)

    async def start(self) -> None:
        """Start everything, and connect the account."""
        self.folder.mkdir(exist_ok=True)
        for process in (*APIS, *WORKERS):
            for server in NEEDS[process[:-2]]:
                await self._lead(process, server)
        for api in APIS:
            await self._lead("shop", api)
        await asyncio.gather(self.start_temporal(), self._start_notion())
        await self._prepare()
        await asyncio.gather(*(self.start_process(name) for name in (*APIS, *WORKERS)))

    async def stop(self) -> None:
        """Stop everything, in any state."""
        await asyncio.gather(*(child.stop(signal.SIGKILL) for child in self.children.values()))
        for way in self.ways.values():
            await way.close()
        if self.room is not None:
            self.room.close()

    async def client(self) -> Client:
        """Connect to Temporal, past every disturbance."""
        return await Client.connect(f"127.0.0.1:{self.ports['temporal']}", plugins=[plugin({})])

    def hook(self, api: str) -> str:
        """Return where a sender reaches the trigger, by one of the APIs."""
        secret = self.signer.sign("trigger", WORKFLOW)
        return f"http://127.0.0.1:{self.ways[f'shop to {api}'].port}/hooks/{WORKFLOW}/{secret}"

    async def start_process(self, name: str) -> None:
        """Start an API or a worker, as a supervisor does when it has ended."""
        program = ["cli.py", "api"] if name in APIS else ["worker.py"]
        argv = [sys.executable, str(ROOT / program[0]), *program[1:]]
        extra: dict[str, str] = {}
        if name == "worker-1":
            argv = self.room.argv(*argv) if self.room else argv
            extra = self.clock.env if self.clock else extra
        ready = self._api_ready(name) if name in APIS else self._polls(name)
        await self._run(name, argv, ready, **self._env(name), **extra)

    async def start_temporal(self) -> None:
        """Start Temporal, its database in a file."""
        argv = server_argv(self.ports["temporal"], self.ports["ui"], self.folder / "temporal.db")
        await self._run("temporal", argv, self._temporal_ready)

    async def kill(self, name: str) -> None:
        """Kill one of them with -9."""
        assert self.children[name].alive
        await self.children[name].stop(signal.SIGKILL)

    async def start_again(self, name: str) -> None:
        """Start one again that was killed."""
        await (self.start_temporal() if name == "temporal" else self.start_process(name))
        self.restarts += 1

    def start_postgres(self) -> None:
        """Start PostgreSQL again, with a connection for each that may ask for one."""
        self.database.server.start("max_connections=150")

    def refused_rows(self) -> int:
        """Try to write as much as a page into the database; return how often that was refused."""
        statement = "CREATE TABLE IF NOT EXISTS full_disk AS SELECT repeat('x', 100) FROM generate_series(1, 200000)"
        said = self.database.server.run("psql", "-c", statement, self.database.owner, check=False)
        self.database.server.run("psql", "-c", "DROP TABLE IF EXISTS full_disk", self.database.owner, check=False)
        return int("error" in said.lower() or "fatal" in said.lower())

    def lines_at(self, hours: int) -> int:
        """Return how many lines worker-1 has logged in so many hours from now."""
        there = datetime.now(UTC) + timedelta(hours=hours)
        minutes = {f"{there - timedelta(minutes=ago):%H:%M}" for ago in (0, 1)}
        return sum(line[:5] in minutes for line in self.children["worker-1"].output().splitlines())

    def logged(self, mark: str) -> int:
        """Return how many lines of the workers' logs have a mark."""
        return sum(self.children[name].output().count(mark) for name in WORKERS)

    async def backlog(self) -> int:
        """Return how many tasks wait in Temporal for a worker."""
        client = await self.client()
        kinds = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
        waiting = 0
        for kind in kinds:
            request = DescribeTaskQueueRequest(
                namespace="default", task_queue=TaskQueue(name="steps"), task_queue_type=kind, report_stats=True
            )
            waiting += (await client.workflow_service.describe_task_queue(request)).stats.approximate_backlog_count
        return waiting

    @staticmethod
    async def status(address: str) -> int:
        """Return what an address answers with."""
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(address)).status_code

    async def ask_notion(self, method: str, path: str, body: object = None) -> list[dict[str, object]]:
        """Ask the stand-in what it holds, or set how it behaves, past every disturbance."""
        async with httpx.AsyncClient(trust_env=False, timeout=60) as http:
            answer = await http.request(method, f"http://127.0.0.1:{self.ports['notion']}/_local/{path}", json=body)
            return answer.json() if answer.content else []

    async def _lead(self, process: str, server: str) -> None:
        way = Way(f"{process} to {server}", self.ports[server])
        if process == "worker-1" and self.room:
            way.listener.close()
            way.listener = self.room.listening()
        self.ways[way.name] = way
        await way.open()

    async def _prepare(self) -> None:
        keys = (OpenBaoKeys(self.openbao.role("api"), key) for key in ("steps", "steps-hooks"))
        vault = await Vault.open(self.database.application, *keys, may="seal")
        origin = f"http://127.0.0.1:{self.ports['notion']}"
        async with httpx.AsyncClient(trust_env=False) as http:
            token = (await http.post(f"{origin}/_local/connect", json={})).json()["access_token"]
            told = {"Authorization": f"Bearer {token}", "Notion-Version": "2022-06-28"}
            bot = (await http.get(f"{origin}/v1/users/me", headers=told)).json()["id"]
        await vault.connections.save(HANDLE, "notion", Account(id=bot), Tokens(Secret(token), None))
        await vault.variables.set(WORKFLOW, "NOTION_DATABASE_ID", ORDERS_DATABASE_ID)
        await vault.trigger_secrets.set(WORKFLOW, self.secret)
        await vault.close()

    def _env(self, name: str) -> dict[str, str]:
        role = name[:-2]
        port = {server: self.ways[f"{name} to {server}"].port for server in NEEDS[role]}
        postgres = self.database.application.replace(f":{self.ports['postgres']}/", f":{port['postgres']}/")
        return {
            "TEMPORAL_ADDRESS": f"127.0.0.1:{port['temporal']}",
            "TEMPORAL_NAMESPACE": "default",
            "TEMPORAL_CONFIG_FILE": os.devnull,
            "STEPS_DATA_DIR": str(self.folder),
            "STEPS_API_PORT": str(self.ports.get(name, 0)),
            "STEPS_DATABASE_URL": postgres,
            "STEPS_KEY_PROVIDER": "openbao",
            "STEPS_OPENBAO_URL": f"http://127.0.0.1:{port['openbao']}",
            "STEPS_OPENBAO_ROLE_ID": f"steps-{role}",
            "STEPS_OPENBAO_SECRET_ID": self.openbao.secret_id(role),
            "STEPS_SIGNING_KEY": base64.b64encode(_KEY).decode(),
            "STEPS_WORKFLOWS_DIR": str(Path(__file__).parent / "flows"),
            "STEPS_NOTION_ORIGIN": f"http://127.0.0.1:{port.get('notion', 9)}",
            "STEPS_NOTION_SETTLE_SECONDS": str(self._settle),
            "STEPS_NOTION_REQUESTS_PER_SECOND": "100",
            "STEPS_NOTION_CLIENT_ID": "local-client",
            "STEPS_NOTION_CLIENT_SECRET": "local-secret",
            "STEPS_DELIVERIES_PER_MINUTE": "0",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(ROOT),
        }

    async def _start_notion(self) -> None:
        argv = [sys.executable, "-m", "local.notion", "--port", str(self.ports["notion"])]
        address = f"http://127.0.0.1:{self.ports['notion']}/healthz"
        await self._run("notion", argv, lambda: _answers(address), PYTHONPATH=str(ROOT))

    async def _run(self, name: str, argv: list[str], ready: Callable[[], Awaitable[bool]], **env: str) -> None:
        child = Child(name, argv, log=self.folder / "logs" / f"{name}.log", env=env)
        self.children[name] = child
        await child.start(ready, seconds=120)

    async def _temporal_ready(self) -> bool:
        with contextlib.suppress(Exception):
            await (await self.client()).count_workflows()
            return True
        return False

    def _api_ready(self, name: str) -> Callable[[], Awaitable[bool]]:
        address = f"http://127.0.0.1:{self.ports[name]}/healthz"
        return lambda: _answers(address)

    def _polls(self, name: str) -> Callable[[], Awaitable[bool]]:
        async def polls() -> bool:
            return "Polling the task queue" in self.children[name].output()

        return polls


async def _answers(address: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        async with httpx.AsyncClient(trust_env=False) as http:
            return (await http.get(address)).is_success
    return False
