"""Every place that a secret could get to, by kind."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import httpx

from tests.conftest import eventually
from tests.end_to_end.sweep import histories
from tests.sweep.planting import PLANTED
from tests.sweep.world import World
from vault.scopes import SCOPES

Places = dict[str, bytes]
_TEXTS = re.compile(rb"[\x20-\x7e]{8,}")
_PAGES = (
    "/", "/runs", "/connections", "/connections/add", "/connections/add/acme", "/connections/acme-crm/reconnect",
    "/sessions", "/docs", "/signin", "/openapi.json", "/healthz", "/readyz", "/nowhere",
    "/api/v1/workflows", "/api/v1/runs", "/api/v1/schedules", "/api/v1/connections", "/api/v1/connections/acme-crm",
    "/api/v1/webhooks/notion", "/api/v1/keys", "/api/v1/sessions",
)  # fmt: skip


async def look_at_pages(world: World) -> None:
    """Have every page and every answer shown to each scope, by browser and by key; the record keeps them."""
    runs = [path for run in world.runs for path in (f"/runs/{run}", f"/api/v1/runs/{run}", f"/api/v1/runs/{run}/steps")]
    for scope in SCOPES:
        key = world.keys[scope]
        async with world.record.client(scope) as http:
            assert (await http.post("/signin", data={"key": key})).status_code == 303
            for path in (*_PAGES, *runs):
                kind = "application/json" if "/api/" in path else "text/html"
                await http.get(path, headers={"Accept": kind})


async def _logs(world: World) -> Places:
    """What every process has written."""
    logs = {f"log of {path.stem}": path.read_bytes() for path in (world.stack.data / "logs").glob("*.log")}
    assert {"log of api", "log of worker", "log of notion"} <= logs.keys()
    return logs


async def _stores(world: World) -> Places:
    """What PostgreSQL and OpenBao have written, beside what they keep."""
    folder = world.openbao.folder
    return {
        "log of postgres": world.database.server.log.read_bytes(),
        "log of openbao": (folder / "server.log").read_bytes(),
        "audit of openbao": (folder / "audit.log").read_bytes(),
    }


async def _dump(world: World) -> Places:
    server = world.database.server
    return {"dump of the vault": server.run("pg_dump", "--inserts", world.database.owner).encode()}


async def _files(world: World) -> Places:
    """PostgreSQL's files as they lie on the disk, its write-ahead log too."""
    world.database.server.run("psql", "-c", "CHECKPOINT", "postgres")
    return _read("files of postgres", world.database.server.home / "data")


async def _temporal(world: World) -> Places:
    files = {f"database of {path.name}": path.read_bytes() for path in world.stack.data.glob("temporal.db*")}
    return {"database of temporal": b"\n".join(files.values())}


async def _histories(world: World) -> Places:
    return await histories(await world.stack.client())


async def _answers(world: World) -> Places:
    return world.record.places


async def _commands(world: World) -> Places:
    return {name: output.encode() for name, output in world.commands.items()}


async def _crashes(world: World) -> Places:
    return {name: output.encode() for name, output in world.crashes.items()}


async def _events(world: World) -> Places:
    return {f"event {number}": event for number, event in enumerate(world.acme.events)}


async def look_at_metrics(world: World) -> None:
    """Read what each process shows, once it leads to a run whose id is planted; a restart forgets it."""
    address = f"{world.api}/api/v1/workflows/Careless/runs"
    key = {"Authorization": f"Bearer {world.keys['trigger']}", "Idempotency-Key": f"{PLANTED}-{len(world.metrics)}"}
    answer = await world.http.post(address, json={"data": {"path": "repeats"}}, headers=key)
    assert answer.status_code == 202, answer.text
    accept = {"Accept": "application/openmetrics-text"}
    async with httpx.AsyncClient(trust_env=False) as http:

        async def shown(process: str) -> str:
            text = (await http.get(f"http://{world.stack.shown[process]}/metrics", headers=accept)).text
            assert process == "temporal's sdk" or PLANTED in text
            return text

        for process in world.stack.shown:
            world.metrics[f"metrics {len(world.metrics)} of {process}"] = await eventually(partial(shown, process))


async def _metrics(world: World) -> Places:
    return {name: text.encode() for name, text in world.metrics.items()}


async def _traces(world: World) -> Places:
    """What went to the collector, as it came."""
    return {f"spans {number}": body for number, body in enumerate(world.receiver.bodies)}


KINDS: dict[str, Callable[[World], Awaitable[Places]]] = {
    "logs": _logs,
    "logs of the stores": _stores,
    "dump of the vault": _dump,
    "files of postgres": _files,
    "database of temporal": _temporal,
    "histories and descriptions": _histories,
    "answers and pages": _answers,
    "commands": _commands,
    "crashes": _crashes,
    "events": _events,
    "metrics": _metrics,
    "traces": _traces,
}


def _read(name: str, folder: Path) -> Places:
    """Return what is text in the files, each once: most of them are empty pages, and the same in each database."""
    found: set[bytes] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            found.update(_TEXTS.findall(path.read_bytes()))
    return {name: b"\n".join(found)}
