"""What the processes of a plant hold in memory."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.plant import Plant

_LINE = re.compile(r"^(Rss|Pss):\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True)
class Memory:
    """In MiB: what is mapped in, and the same with each shared page divided among those who share it."""

    rss: float
    pss: float

    def __str__(self) -> str:
        return f"{self.rss:6.0f} / {self.pss:4.0f}"


def memory_of(plant: Plant) -> dict[str, Memory]:
    """Return what each process holds, with those that it has started."""
    pids = {name: child.pid for name, child in plant.children.items()}
    if (postgres := plant.database.server.process) is not None:
        pids["postgres"] = postgres.pid
    pids["openbao"] = plant.openbao.pid
    return {name: _of(pid) for name, pid in pids.items()}


def _of(pid: int) -> Memory:
    found = {"Rss": 0, "Pss": 0}
    for one in _family(pid):
        for what, kib in _LINE.findall(_read(Path(f"/proc/{one}/smaps_rollup"))):
            found[what] += int(kib)
    return Memory(found["Rss"] / 1024, found["Pss"] / 1024)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _read(task).split():
            yield from _family(int(child))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""  # it has ended meanwhile
