"""The embedded stack: Temporal with its UI, the Notion stand-in, the API and a worker, on this machine alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import httpx
from temporalio.client import Client

from local.child import Child
from local.ports import answers, choose
from local.server import server_argv
from settings import NOTION_ORIGIN, ROOT, Settings, split_address
from temporal import plugin
from vault import migrate

Say = Callable[[str], None]
# Where the parts are looked for; with port 0 for the API, each takes any that is free.
_TEMPORAL_PORT, _UI_PORT, _NOTION_PORT = 7233, 8233, 9100


@dataclass(frozen=True)
class Addresses:
    """Where the parts of the stack are."""

    temporal: str
    ui: str
    api: str
    notion: str


class Stack:
    """Start the parts in order, each when the one before it answers; stop them in the opposite order."""

    def __init__(self, settings: Settings, say: Say) -> None:
        self._say = say
        self.real_notion = bool(settings.notion_client_id and settings.notion_client_secret)
        taken: set[int] = set()
        wished = (_TEMPORAL_PORT, _UI_PORT, settings.api_port, _NOTION_PORT) if settings.api_port else (0, 0, 0, 0)
        temporal, ui, api, notion = (choose(port, taken) for port in wished)
        self._notion_id, self._notion_secret = "local-client", secrets.token_urlsafe(24)
        self.addresses = Addresses(
            temporal=f"127.0.0.1:{temporal}",
            ui=f"http://127.0.0.1:{ui}",
            api=f"http://127.0.0.1:{api}",
            notion=NOTION_ORIGIN if self.real_notion else f"http://127.0.0.1:{notion}",
        )
        self._ports = {"temporal": temporal, "ui": ui, "api": api, "notion": notion}
        self.data = settings.data_dir.resolve()
        self.settings = self._configure(settings)
        self.children: dict[str, Child] = {}

    @property
    def env(self) -> dict[str, str]:
        """What a process of the stack gets in its environment."""
        env = {
            "TEMPORAL_ADDRESS": self.addresses.temporal,
            "TEMPORAL_NAMESPACE": "default",
            "TEMPORAL_CONFIG_FILE": os.devnull,  # a profile for a real cluster must not reach the embedded one
            "STEPS_DATA_DIR": str(self.data),
            "STEPS_API_PORT": str(self._ports["api"]),
            "STEPS_PUBLIC_URL": self.settings.public_url,
            "STEPS_TEMPORAL_UI_URL": self.addresses.ui,
            "STEPS_NOTION_ORIGIN": self.addresses.notion,
            "STEPS_WORKFLOWS_DIR": str(self.settings.workflows_dir.resolve()),
            "STEPS_LOG_LEVEL": self.settings.log_level,
            "PYTHONUNBUFFERED": "1",
        }
        if not self.real_notion:
            env |= {"STEPS_NOTION_CLIENT_ID": self._notion_id, "STEPS_NOTION_CLIENT_SECRET": self._notion_secret}
        return env

    async def start(self) -> None:
        """Start everything.

        Raises:
            ChildFailed: a part cannot start; the text says which and shows the end of its log. Nothing is left running.
        """
        try:
            await self._start()
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop everything."""
        for name in ("worker", "api", "notion", "temporal"):
            if child := self.children.get(name):
                await child.stop()

    async def first_to_end(self) -> str:
        """Wait until a part ends by itself, and say which."""
        waits = {asyncio.create_task(child.ended()): child for child in self.children.values() if child.alive}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            child = waits[done.pop()]
            return f"{child.name} ended by itself. The end of its log:\n{child.tail()}"
        finally:
            for wait in waits:
                wait.cancel()

    async def client(self) -> Client:
        """Connect to the stack's Temporal."""
        return await Client.connect(self.addresses.temporal, plugins=[plugin()])

    async def start_temporal(self) -> None:
        """Start the real Temporal server, its database in a file."""
        codec = f"{self.addresses.api}/codec" if self.settings.payload_keys_text.strip() else None
        argv = server_argv(self._ports["temporal"], self._ports["ui"], self.data / "temporal.db", codec)
        await self._run("temporal", argv, self._temporal_ready)

    async def start_worker(self) -> None:
        """Start the worker, and wait until it polls."""
        more: dict[str, str] = {}
        if self.settings.metrics_address:  # the API has the port that it names
            host, port = split_address(self.settings.metrics_address)
            more["STEPS_METRICS_ADDRESS"] = f"{host}:{port + 1}"
        await self._run("worker", [sys.executable, str(ROOT / "worker.py")], self._worker_ready, **more)

    async def start_api(self) -> None:
        """Start the API."""
        argv = [
            sys.executable, "-m", "uvicorn", "api.app:create_app", "--factory", "--host", "127.0.0.1",
            "--port", str(self._ports["api"]), "--no-access-log", "--app-dir", str(ROOT),
        ]  # fmt: skip
        await self._run("api", argv, partial(_healthy, f"{self.addresses.api}/readyz"))

    async def start_notion(self) -> None:
        """Start the stand-in for Notion."""
        argv = [
            sys.executable, "-m", "local.notion", "--port", str(self._ports["notion"]), "--client-id", self._notion_id,
        ]  # fmt: skip
        healthy = partial(_healthy, f"{self.addresses.notion}/healthz")
        await self._run("notion", argv, healthy, LOCAL_NOTION_CLIENT_SECRET=self._notion_secret)

    async def _start(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._say(f"Starting Temporal at {self.addresses.temporal}")
        await self.start_temporal()
        if self.real_notion:
            self._say(f"Notion's redirect URI must be {self.settings.public_url}/oauth/callback/notion")
        else:
            self._say(f"Starting a stand-in for Notion at {self.addresses.notion}")
            await self.start_notion()
        self._say("Preparing the vault")
        await migrate(self.settings.vault_url)
        self._say(f"Starting the API at {self.addresses.api}")
        await self.start_api()
        self._say("Starting a worker")
        await self.start_worker()

    async def _run(self, name: str, argv: list[str], ready: Callable[[], Awaitable[bool]], **more: str) -> None:
        child = Child(
            name, argv, log=self.data / "logs" / f"{name}.log", env={**self.env, **more, "PYTHONPATH": str(ROOT)}
        )
        self.children[name] = child
        await child.start(ready)

    async def _temporal_ready(self) -> bool:
        if not await answers(self._ports["temporal"]):
            return False
        with contextlib.suppress(Exception):
            client = await self.client()
            await client.count_workflows()
            return await answers(self._ports["ui"])
        return False

    async def _worker_ready(self) -> bool:
        return f"Polling the task queue {self.settings.task_queue!r}" in self.children["worker"].output()

    def _configure(self, settings: Settings) -> Settings:
        changes = {
            "data_dir": self.data,
            "api_port": self._ports["api"],
            "public_url": self.addresses.api,
            "temporal_ui_url": self.addresses.ui,
            "notion_origin": self.addresses.notion,
        }
        if self.real_notion and "public_url" in settings.model_fields_set:
            del changes["public_url"]  # the address that Notion sends browsers back to, perhaps through a tunnel
        return settings.model_copy(update=changes)


async def _healthy(url: str) -> bool:
    try:
        async with httpx.AsyncClient(trust_env=False) as client:
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False
