"""A worker process, one for each side: `python -m bench.worker steps|hand ADDRESS`."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Worker

from bench.calls import noop, read_variables
from bench.flows import FLOWS, StepsTimer
from bench.handwritten import HANDWRITTEN, HandTimer
from temporal import plugin

ROOT = Path(__file__).resolve().parent.parent


async def _work(side: str, address: str) -> None:
    """Poll until the other end closes; to each line, answer with the CPU seconds used so far by all threads."""
    if side == "steps":
        client = await Client.connect(address, plugins=[plugin()])
        worker = Worker(client, task_queue=side, workflows=[*FLOWS, StepsTimer], activities=[noop, read_variables])
    else:
        client = await Client.connect(address, data_converter=pydantic_data_converter)
        worker = Worker(client, task_queue=side, workflows=[*HANDWRITTEN, HandTimer], activities=[noop])
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # the SDK's core writes its log to the standard output
    async with worker:
        while await asyncio.to_thread(sys.stdin.readline):
            used = resource.getrusage(resource.RUSAGE_SELF)
            print(used.ru_utime + used.ru_stime, file=answers, flush=True)


@dataclass
class WorkerProcess:
    """The process as its owner sees it."""

    side: str
    process: asyncio.subprocess.Process

    @classmethod
    async def start(cls, side: str, address: str) -> WorkerProcess:
        """Start it, and wait until it polls."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.worker", side, address,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
        )  # fmt: skip
        worker = cls(side, process)
        await worker.cpu()
        return worker

    async def cpu(self) -> float:
        """Return the CPU seconds, of user and system, that it has used since it began."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(b"\n")
        await self.process.stdin.drain()
        answer = await self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The worker of {self.side!r} has ended; its errors are above.")
        return float(answer)

    async def stop(self) -> None:
        """Let it end by itself."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        await self.process.wait()


if __name__ == "__main__":
    asyncio.run(_work(sys.argv[1], sys.argv[2]))
