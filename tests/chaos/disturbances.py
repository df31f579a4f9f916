"""What is thrown at the plant: each by a name, with how to do it, to undo it, and to see that it was met."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from tests.chaos.plant import APIS, NEEDS, WORKERS, Plant

Act = Callable[[Plant], Awaitable[None]]
Met = Callable[[Plant], Awaitable[int]]
HOUR = 3_600


@dataclass(frozen=True)
class Disturbance:
    """Done, kept up for so many seconds, undone; `met` is how often somebody has met it since it was done."""

    name: str
    do: Act
    undo: Act
    met: Met
    seconds: tuple[float, float] = (2, 8)
    missing: Callable[[Plant], str | None] = lambda plant: None


def killed(name: str) -> Disturbance:
    """Kill a process with -9, and start it again a while later."""

    async def dead(plant: Plant) -> int:
        return int(not plant.children[name].alive)

    return Disturbance(
        f"{name} killed", lambda plant: plant.kill(name), lambda plant: plant.start_again(name), dead, (0, 4)
    )


def stopped(name: str) -> Disturbance:
    """Let a process stand still, as a machine that is suspended or has no time for it."""

    async def stop(plant: Plant) -> None:
        os.kill(plant.children[name].pid, signal.SIGSTOP)

    async def go_on(plant: Plant) -> None:
        os.kill(plant.children[name].pid, signal.SIGCONT)

    async def stands(plant: Plant) -> int:
        stat = Path(f"/proc/{plant.children[name].pid}/stat").read_text(encoding="utf-8")
        return int(stat.rpartition(")")[2].split()[0] == "T")

    return Disturbance(f"{name} stands still", stop, go_on, stands, (3, 12))


def between(process: str, server: str, how: Literal["cut", "frozen"]) -> Disturbance:
    """Cut the way between two of them: refused at once, or silent."""
    name = f"{process} to {server}"

    async def do(plant: Plant) -> None:
        way = plant.ways[name]
        way.met = 0
        way.cut() if how == "cut" else way.freeze()

    async def undo(plant: Plant) -> None:
        plant.ways[name].heal()

    async def met(plant: Plant) -> int:
        return plant.ways[name].met

    return Disturbance(f"{name} {how}", do, undo, met)


async def _postgres_killed(plant: Plant) -> None:
    await asyncio.to_thread(plant.database.server.stop, signal.SIGKILL)


async def _postgres_back(plant: Plant) -> None:
    await asyncio.to_thread(plant.start_postgres)


async def _postgres_down(plant: Plant) -> int:
    return int(plant.database.server.process is None)


async def _sealed(plant: Plant) -> None:
    await asyncio.to_thread(plant.openbao.seal)


async def _unsealed(plant: Plant) -> None:
    await asyncio.to_thread(plant.openbao.unseal)


async def _is_sealed(plant: Plant) -> int:
    return int(await plant.status(f"{plant.openbao.url}/v1/sys/health") == 503)


async def _left(plant: Plant) -> None:
    assert plant.room
    plant.room.leave()


async def _joined(plant: Plant) -> None:
    assert plant.room
    plant.room.join()


async def _unreachable(plant: Plant) -> int:
    """How many connections of the worker hang."""
    return sum(way.connections for name, way in plant.ways.items() if name.startswith("worker-1 "))


def _clock(hours: int) -> Disturbance:
    async def jump(plant: Plant) -> None:
        assert plant.clock
        plant.clock.put(hours * HOUR)

    async def back(plant: Plant) -> None:
        assert plant.clock
        plant.clock.put(0)

    async def met(plant: Plant) -> int:
        return plant.lines_at(hours)

    how = "ahead" if hours > 0 else "behind"
    return Disturbance(f"worker-1's clock an hour {how}", jump, back, met, (6, 12), lambda plant: plant.no_clock)


async def _filled(plant: Plant) -> None:
    assert plant.disk
    await asyncio.to_thread(plant.disk.fill)


async def _emptied(plant: Plant) -> None:
    assert plant.disk
    await asyncio.to_thread(plant.disk.empty)
    if not plant.disk.survived:
        await asyncio.to_thread(plant.start_postgres)


async def _full(plant: Plant) -> int:
    return await asyncio.to_thread(plant.refused_rows)


async def _notion_fails(plant: Plant) -> None:
    await plant.ask_notion("DELETE", "calls")
    await plant.ask_notion("POST", "chaos", {"rate": 0.2, "seconds": 1, "retry_after": 1})


async def _notion_is_well(plant: Plant) -> None:
    await plant.ask_notion("DELETE", "chaos")


async def _failed_calls(plant: Plant) -> int:
    return sum(call["fault"] is not None for call in await plant.ask_notion("GET", "calls"))


PROCESSES = (*WORKERS, *APIS, "temporal")
PAIRS = [(process, server) for process in (*APIS, *WORKERS) for server in NEEDS[process[:-2]]]
DISTURBANCES = [
    *(killed(name) for name in PROCESSES),
    *(stopped(name) for name in PROCESSES),
    Disturbance("PostgreSQL killed", _postgres_killed, _postgres_back, _postgres_down, (0, 4)),
    Disturbance("OpenBao sealed", _sealed, _unsealed, _is_sealed),
    Disturbance("a fifth of Notion's calls fail", _notion_fails, _notion_is_well, _failed_calls),
    *(between(*pair, "cut") for pair in PAIRS),
    *(between(*pair, "frozen") for pair in PAIRS),
    *(between("shop", api, "frozen") for api in APIS),
    Disturbance("worker-1 cut off by the kernel", _left, _joined, _unreachable, (3, 10), lambda plant: plant.no_room),
    _clock(1),
    _clock(-1),
    Disturbance("disk of PostgreSQL full", _filled, _emptied, _full, (3, 8), lambda plant: plant.no_disk),
]
# What `make test` throws: short ones, each of another kind.
_SMOKE = {
    "worker-0 killed", "temporal killed", "api-0 to temporal frozen", "worker-1's clock an hour ahead",
    "a fifth of Notion's calls fail",
}  # fmt: skip
SMOKE = [replace(one, seconds=(0.2, 1)) for one in DISTURBANCES if one.name in _SMOKE]
