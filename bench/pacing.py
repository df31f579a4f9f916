"""`python -m bench.pacing`: a burst of calls against Notion's limit, paced in four ways by two workers."""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import RateLimit
from temporalio.api.workflowservice.v1 import UpdateTaskQueueConfigRequest
from temporalio.client import Client, WorkflowHandle

from bench.paced_hand import BUCKET, QUEUE
from bench.place import connected, env_of
from local.child import Child
from local.ports import answers, choose
from local.server import server_argv
from settings import ROOT, Settings
from vault import Account, Secret, Tokens, migrate
from vault.opening import open_signer, open_vault

BURST = 3  # what the stand-in takes at once
WAYS = {
    "retry": "obeying Retry-After alone",
    "server": "the server's limit for each fairness key",
    "bucket": "a bucket in each worker, of half the rate",
    "steps": "Durable Steps",
}


@dataclass(frozen=True)
class Job:
    """So many calls over so many connections, each of which may make `rate` a second."""

    calls: int
    connections: int
    rate: float

    @property
    def handles(self) -> list[str]:
        """Return the connections' handles."""
        return [f"notion-{number}" for number in range(self.connections)]


@dataclass(frozen=True)
class Outcome:
    """How a burst went: of the permitted rate, the least that a connection had."""

    refused: int
    share: float
    asked: float
    events: float


async def burst(way: str, job: Job) -> Outcome:
    """Start all runs at once, ask for one more in the middle, and wait for the end."""
    async with _place(way, job) as (client, origin):
        await _many(client, way, job, job.connections)  # warm
        await asyncio.sleep(BURST / job.rate + 2)
        began = time.monotonic()
        runs = asyncio.create_task(_many(client, way, job, job.calls))
        await asyncio.sleep(0.4 * job.calls / job.connections / job.rate)
        asked = time.monotonic()
        await (await _start(client, way, job.handles[0], asked=True)).result()
        asked = time.monotonic() - asked
        ended = await runs
        some = ended[:: max(1, len(ended) // 20)]
        events = [len((await handle.fetch_history()).events) for handle in some]
        async with httpx.AsyncClient(trust_env=False) as http:
            log = (await http.get(f"{origin}/_log")).json()
    calls = [(at, token, status) for at, token, status in log if at >= began]
    return Outcome(
        refused=sum(status == 429 for _, _, status in calls),
        share=min(_share(calls, token, job.rate) for token in {token for _, token, _ in calls}),
        asked=asked,
        events=statistics.mean(events),
    )


def _share(calls: Sequence[tuple[float, str, int]], token: str, rate: float) -> float:
    taken = [at for at, by, status in calls if by == token and status == 200]
    return (len(taken) - BURST) / rate / (taken[-1] - taken[0])


async def _many(client: Client, way: str, job: Job, calls: int) -> list[WorkflowHandle[Any, Any]]:
    numbers, handles = iter(range(calls)), list[WorkflowHandle[Any, Any]]()

    async def lane() -> None:
        for number in numbers:
            handles.append(await _start(client, way, job.handles[number % job.connections]))

    await asyncio.gather(*(lane() for _ in range(16)))
    await asyncio.gather(*(handle.result() for handle in handles))
    return handles


async def _start(client: Client, way: str, handle: str, *, asked: bool = False) -> WorkflowHandle[Any, Any]:
    run_id = f"paced/{uuid.uuid4()}"
    if way in ("server", "bucket"):
        return await client.start_workflow("HandCall", args=[handle, asked], id=run_id, task_queue=QUEUE)
    name = "AskedCall" if asked else "OneCall"
    return await client.start_workflow(name, {"data": {"handle": handle}}, id=run_id, task_queue="steps")


@asynccontextmanager
async def _place(way: str, job: Job) -> AsyncGenerator[tuple[Client, str]]:
    with tempfile.TemporaryDirectory(prefix="steps-pacing-") as folder:
        data, taken = Path(folder), set[int]()
        temporal, ui, notion = (choose(0, taken) for _ in range(3))
        settings = Settings(
            _env_file=None,  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
            data_dir=data, workflows_dir=ROOT / "bench" / "paced_flows", notion_origin=f"http://127.0.0.1:{notion}",
            log_level="WARNING", notion_requests_per_second=job.rate if way == "steps" else 0,
        )  # fmt: skip
        env = {"PYTHONPATH": str(ROOT), "TEMPORAL_ADDRESS": f"127.0.0.1:{temporal}", **env_of(settings)}
        env |= {BUCKET: str(job.rate / 2 if way == "bucket" else 0)}
        async with AsyncExitStack() as stack:

            async def start(name: str, argv: list[str], port: int | None = None) -> None:
                child = Child(name, argv, log=data / f"{name}.log", env=env)

                async def ready() -> bool:
                    return port is None or await answers(port)

                await child.start(ready)
                stack.push_async_callback(child.stop)

            await start("server", server_argv(temporal, ui, data / "temporal.db"), temporal)
            await start(
                "notion", [sys.executable, "-m", "bench.limited", str(notion), str(job.rate), str(BURST)], notion
            )
            await _fill(settings, job)
            client = await connected(env["TEMPORAL_ADDRESS"])
            if way == "server":
                await _limit(client, job.rate)
            hand = [sys.executable, "-m", "bench.paced_hand"]
            ours = [sys.executable, str(ROOT / "worker.py")]
            for number in range(2):
                await start(f"worker-{number}", hand if way in ("server", "bucket") else ours)
            yield client, settings.notion_origin


async def _limit(client: Client, rate: float) -> None:
    await client.workflow_service.update_task_queue_config(
        UpdateTaskQueueConfigRequest(
            namespace=client.namespace,
            identity="bench",
            task_queue=QUEUE,
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY,
            update_fairness_key_rate_limit_default=UpdateTaskQueueConfigRequest.RateLimitUpdate(
                rate_limit=RateLimit(requests_per_second=rate), reason="the bench"
            ),
        )
    )


async def _fill(settings: Settings, job: Job) -> None:
    await migrate(settings.vault_url)
    vault = await open_vault(settings.vault_url, None, settings.master_key_path)
    open_signer(None, settings.signing_key_path)
    for handle in job.handles:
        await vault.connections.save(handle, "notion", Account(id=handle), Tokens(Secret(handle), None))
    await vault.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.pacing", description=__doc__)
    parser.add_argument("--way", choices=WAYS, action="append", help="one way of pacing alone")
    parser.add_argument("--calls", type=int, default=200, metavar="N", help="calls of each connection (200)")
    parser.add_argument("--connections", type=int, default=1, metavar="N", help="connections (1)")
    parser.add_argument("--rate", type=float, default=15, metavar="R", help="calls a second of a connection (15)")
    options = parser.parse_args(arguments)
    job = Job(options.calls * options.connections, options.connections, options.rate)
    print(f"{job.calls} calls over {job.connections} connections, {job.rate:g} a second each, two workers")
    print(f"{'':44}  {'429':>5}  {'of the rate':>11}  {'one asked, s':>12}  {'events a call':>13}")
    for way in options.way or WAYS:
        outcome = asyncio.run(burst(way, job))
        figures = f"{outcome.refused:5}  {outcome.share:11.1%}  {outcome.asked:12.2f}  {outcome.events:13.1f}"
        print(f"{WAYS[way]:44}  {figures}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
