"""Where the main job is measured: the embedded server, a stand-in for Notion, and a worker for each side."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from api.hooks import hook_address
from local.child import Child
from local.ports import answers, choose
from local.server import server_argv
from settings import ROOT, Settings
from steps.discovery import discover
from steps.workflow import Workflow
from temporal import plugin
from vault import Account, Secret, Signer, Tokens, Vault, migrate
from vault.opening import open_signer, open_vault

FLOW, DATABASE_ID, TOKEN = "OrderToNotion", "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "ntn_" + "b" * 46
SIGNED_FLOW, SIGNING = "SignedOrder", "bench-" + "s" * 32
SIGNED = ROOT / "bench" / "start_flows" / "signed_order.py"
SHIPPED = ROOT / "workflows" / "order_to_notion.py"


@dataclass
class Place:
    """What a run is started with, and the processes whose CPU counts."""

    client: Client
    settings: Settings
    vault: Vault
    signer: Signer
    flow: type[Workflow]
    children: dict[str, Child]
    plain: Client
    """A client as it is by hand: without our plugin."""
    addresses: dict[str, str] = field(default_factory=dict[str, str])
    """Where runs are started over HTTP."""

    def pid(self, name: str | None) -> int:
        """Return the process of that name, or the bench's own."""
        return self.children[name].pid if name else os.getpid()

    def cpu(self, name: str | None) -> float:
        """Return the CPU seconds, of user and system, that a process has used since it began; NaN without /proc."""
        try:
            text = Path(f"/proc/{self.pid(name)}/stat").read_text(encoding="ascii")
        except OSError:
            return float("nan")
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def without_delay(source: str) -> str:
    """Return the shipped workflow with its one delay taken out: the bench measures what a run costs, not waiting."""
    if source.count("delay=10,") != 1:
        raise ValueError("workflows/order_to_notion.py has another delay than the bench takes out")
    return source.replace("delay=10,", "delay=0,")


@asynccontextmanager
async def place(*, workers: bool = True, front: bool = False) -> AsyncGenerator[Place]:
    """Start all of it in a folder of its own, and stop it; with `front` the API, and an app by hand."""
    with tempfile.TemporaryDirectory(prefix="steps-bench-") as folder:
        data = Path(folder)
        flows = data / "bench_flows"
        flows.mkdir()
        (flows / SHIPPED.name).write_text(without_delay(SHIPPED.read_text(encoding="utf-8")), encoding="utf-8")
        taken: set[int] = set()
        temporal, ui, notion, api, app = (choose(0, taken) for _ in range(5))
        if front:
            shutil.copy(SIGNED, flows)
        settings = Settings(
            _env_file=None,  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
            data_dir=data, workflows_dir=flows, notion_origin=f"http://127.0.0.1:{notion}", log_level="WARNING",
            notion_requests_per_second=0,  # one connection makes all the calls
            deliveries_per_minute=0, api_port=api, public_url=f"http://127.0.0.1:{api}",
        )  # fmt: skip
        async with AsyncExitStack() as stack:
            children: dict[str, Child] = {}

            async def start(name: str, argv: list[str], port: int | None, **env: str) -> None:
                shared = {"PYTHONPATH": str(ROOT), "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}", **env}
                children[name] = child = Child(name, argv, log=data / f"{name}.log", env=shared)

                async def ready() -> bool:
                    return port is None or await answers(port)  # a worker is ready when its first run has ended

                await child.start(ready)
                stack.push_async_callback(child.stop)

            await start("server", server_argv(temporal, ui, data / "temporal.db"), temporal)
            await start("notion", [sys.executable, "-m", "bench.notion", str(notion)], notion)
            vault, signer = await _filled(settings)
            stack.push_async_callback(vault.close)
            client = await connected(f"127.0.0.1:{temporal}")
            if workers:
                await start("steps", [sys.executable, str(ROOT / "worker.py")], None, **env_of(settings))
                posting = {
                    "NOTION_TOKEN": TOKEN,
                    "NOTION_ORIGIN": settings.notion_origin,
                    "NOTION_DATABASE_ID": DATABASE_ID,
                }
                await start("hand", [sys.executable, "-m", "bench.hand_worker"], None, **env_of(settings), **posting)
            if front:
                await start("api", _uvicorn("api.app:create_app", api), api, **env_of(settings))
                await start("app", _uvicorn("bench.hand_api:create_app", app), app, **env_of(settings))
            plain = await Client.connect(f"127.0.0.1:{temporal}", data_converter=pydantic_data_converter)
            flow = discover(flows).workflows[FLOW]
            addresses = {
                "trigger": hook_address(settings, signer, FLOW),
                "signed": hook_address(settings, signer, SIGNED_FLOW),
                "app": f"http://127.0.0.1:{app}/orders",
            }
            yield Place(client, settings, vault, signer, flow, children, plain, addresses)


def _uvicorn(factory: str, port: int) -> list[str]:
    """Return how the API is started, and the app by hand: the same server, with the same options."""
    return [
        sys.executable, "-m", "uvicorn", factory, "--factory", "--host", "127.0.0.1", "--port", str(port),
        "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip


def env_of(settings: Settings) -> dict[str, str]:
    """Return the settings as a worker of the bench is given them."""
    names = (
        "data_dir", "workflows_dir", "notion_origin", "log_level", "notion_requests_per_second",
        "deliveries_per_minute", "api_port", "public_url",
    )  # fmt: skip
    return {f"STEPS_{name.upper()}": str(getattr(settings, name)) for name in names}


async def _filled(settings: Settings) -> tuple[Vault, Signer]:
    await migrate(settings.vault_url)
    vault = await open_vault(settings.vault_url, None, settings.master_key_path)
    await vault.connections.save("my-notion", "notion", Account(id="bench"), Tokens(Secret(TOKEN), None))
    await vault.trigger_secrets.set(SIGNED_FLOW, Secret(SIGNING))
    await vault.variables.set(FLOW, "NOTION_DATABASE_ID", DATABASE_ID)
    return vault, open_signer(None, settings.signing_key_path)


async def connected(address: str) -> Client:
    """Return a client, once the server answers."""
    for _ in range(200):
        with contextlib.suppress(Exception):
            client = await Client.connect(address, plugins=[plugin()])
            await client.count_workflows()
            return client
        await asyncio.sleep(0.1)
    raise RuntimeError("The embedded server does not answer.")
