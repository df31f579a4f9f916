"""Timers: thousands of runs whose delayed step is due in the same five seconds."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from bench.cases import Case
from bench.measure import Figure, Side, compare

PER_SECOND = 1_000  # are due: 5,000 within five seconds
AT_ONCE = 16
PERCENTILES = {"p50": 50, "p95": 95, "p99": 99, "max": 100}
MEASURES = {
    "p50": "lateness, median, ms",
    "p95": "lateness, p95, ms",
    "p99": "lateness, p99, ms",
    "max": "lateness, the latest, ms",
}
_ATTEMPTS = 8
T = TypeVar("T")


class TooEarly(Exception):
    """Timers were due before all were armed, so that what came late is not their lateness."""


async def timers(both: tuple[Side, Side], count: int, rounds: int) -> dict[str, Figure]:
    """Measure rounds of that many timers on each side; returns a figure for each percentile of the lateness."""
    laps: dict[str, list[dict[str, float]]] = {"steps": [], "hand": []}
    await asyncio.gather(*(_patiently(side, min(count, 20)) for side in both))
    for number in range(rounds):
        for side in both if number % 2 == 0 else reversed(both):
            laps[side.name].append(await _patiently(side, count))
    return {
        name: compare([lap[name] for lap in laps["steps"]], [lap[name] for lap in laps["hand"]]) for name in MEASURES
    }


async def _patiently(side: Side, count: int) -> dict[str, float]:
    lead = 0.5 + count * 0.025  # 40 armed a second; a slower machine gets twice as long
    for _ in range(_ATTEMPTS - 1):
        try:
            return await _lap(side, count, lead)
        except TooEarly:
            lead *= 2
    return await _lap(side, count, lead)


async def _lap(side: Side, count: int, lead: float) -> dict[str, float]:
    base, lap = time.time() + lead, f"timers-{uuid.uuid4().hex[:8]}"
    dues = [base + number / PER_SECOND for number in range(count)]
    cases = [Case(lap, "", "Timer", {"due": due}) for due in dues]
    handles = await _in_lanes([lambda case=case: side.start(case) for case in cases])
    await asyncio.sleep(max(0.0, base - time.time()))
    await side.all_ended(lap, count)  # asked for now and then: 5,000 waits would be work for the server
    clocks = await _in_lanes([lambda handle=handle: side.returned(handle) for handle in handles])
    if max(armed for armed, _ in clocks) > base:
        raise TooEarly(f"{side.name}: {count} timers were not armed in {lead:.0f} s")
    late = sorted((ran - due) * 1_000 for (_, ran), due in zip(clocks, dues, strict=True))
    return {name: late[round(percent / 100 * (count - 1))] for name, percent in PERCENTILES.items()}


async def _in_lanes(acts: Sequence[Callable[[], Awaitable[T]]]) -> list[T]:
    """Do all, some at a time; return what they did in their order."""
    numbers, done = iter(range(len(acts))), dict[int, T]()

    async def lane() -> None:
        for number in numbers:
            done[number] = await acts[number]()

    await asyncio.gather(*(lane() for _ in range(AT_ONCE)))
    return [done[number] for number in range(len(acts))]
