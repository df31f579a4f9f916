"""Starts: the API's trigger over HTTP, against Temporal's client, and against one route written by hand."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from typing import Any

from bench.cases import ORDER
from bench.hand_api import start_by_hand
from bench.measure import SETTLE, Figure, compare
from bench.place import SIGNING, Place, place
from bench.wire import Wire

AT_ONCE = (1, 16, 64)
LONGEST = 180.0  # seconds for all rounds; a machine that is busy makes fewer
WAYS = {
    "trigger": "the trigger",
    "signed": "the trigger, signed",
    "client": "`client.start_workflow`",
    "app": "a route by hand",
}
PAIRS = [(ours, theirs) for theirs in ("client", "app") for ours in ("trigger", "signed")]
_PROCESS = {"trigger": "api", "signed": "api", "app": "app"}  # the client's start is made in the bench's own process
Send = Callable[[], Awaitable[None]]


@dataclass
class Lap:
    """What one way did in one round at one concurrency."""

    rate: float
    p50: float
    p99: float
    front: float
    server: float


def label(measure: str) -> str:
    """Return what `rate-16` and its like are called in the table."""
    name, number = measure.split("-")
    told = {
        "rate": "starts a second, {}",
        "p50": "latency of a start, median, {}, ms",
        "p99": "latency of a start, p99, {}, ms",
        "front": "CPU a start of the process that starts, {}, ms",
        "server": "server CPU a start, {}, ms",
    }[name]
    return told.format("one at a time" if number == "1" else f"{number} at a time")


def title(pair: str) -> str:
    """Return what `trigger/client` and its like are called in the table."""
    ours, theirs = pair.split("/")
    return f"{WAYS[ours]} against {WAYS[theirs]}"


async def starts(runs: int, rounds: int) -> dict[str, dict[str, Figure]]:
    """Measure rounds of that many starts of each way; a quarter of them where one comes after the other.

    No worker takes the runs: what a worker does would be the same for all, and hide the difference.
    """
    laps: dict[str, dict[int, list[Lap]]] = {way: {at_once: [] for at_once in AT_ONCE} for way in WAYS}
    async with place(workers=False, front=True) as here:
        for way in WAYS:
            await _lap(here, way, 16, min(runs, 48))
        until = time.monotonic() + LONGEST
        for number in range(rounds):
            # Each way is first, second, third and last in turn.
            order = [*WAYS][number % 4 :] + [*WAYS][: number % 4]
            for at_once in AT_ONCE:
                for way in order:
                    laps[way][at_once].append(
                        await _lap(here, way, at_once, max(1, runs // (4 if at_once == 1 else 1)))
                    )
            if time.monotonic() > until:
                break
    await asyncio.sleep(SETTLE)
    return {f"{ours}/{theirs}": figures(laps[ours], laps[theirs]) for ours, theirs in PAIRS}


def figures(ours: Mapping[int, Sequence[Lap]], theirs: Mapping[int, Sequence[Lap]]) -> dict[str, Figure]:
    """Return the medians of both ways at each concurrency, and of the ratios of the rounds."""
    return {
        f"{name}-{at_once}": compare(
            [getattr(lap, name) for lap in ours[at_once]], [getattr(lap, name) for lap in theirs[at_once]]
        )
        for at_once in ours
        for name in Lap.__annotations__
    }


async def _lap(here: Place, way: str, at_once: int, runs: int) -> Lap:
    numbers, latencies = iter(range(runs)), list[float]()

    async def lane(send: Send) -> None:
        for _ in numbers:
            began = time.monotonic()
            await send()
            latencies.append((time.monotonic() - began) * 1_000)

    async with AsyncExitStack() as stack:
        lanes = [_lane_of(here, way, stack) for _ in range(min(at_once, runs))]
        front, server, began = here.cpu(_PROCESS.get(way)), here.cpu("server"), time.monotonic()
        await asyncio.gather(*(lane(send) for send in lanes))
        took = time.monotonic() - began
        front, server = here.cpu(_PROCESS.get(way)) - front, here.cpu("server") - server
    latencies.sort()
    return Lap(
        rate=runs / took, p50=latencies[len(latencies) // 2], p99=latencies[round(0.99 * (len(latencies) - 1))],
        front=front / runs * 1_000, server=server / runs * 1_000,
    )  # fmt: skip


def _lane_of(here: Place, way: str, stack: AsyncExitStack) -> Send:
    if way == "client":
        return partial(_by_client, here)
    wire = Wire(here.addresses[way])
    stack.push_async_callback(wire.close)
    return partial(_by_http, wire, signed=way == "signed")


async def _by_client(here: Place) -> None:
    await start_by_hand(here.plain, _order())


async def _by_http(wire: Wire, *, signed: bool) -> None:
    body, headers = json.dumps(_order()).encode(), dict[str, str]()
    if signed:
        headers["X-Hub-Signature-256"] = f"sha256={hmac.new(SIGNING.encode(), body, hashlib.sha256).hexdigest()}"
    status, answer = await wire.post(body, headers)
    if status != 202:
        raise RuntimeError(f"A start was answered with {status}: {answer.decode(errors='replace')[:300]}")


def _order() -> dict[str, Any]:
    """Return an order like no other: a signed delivery that came before starts nothing."""
    return ORDER | {"id": uuid.uuid4().hex}
