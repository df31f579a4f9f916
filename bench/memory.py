"""Memory of each process: at rest, and after the main job."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from bench.cases import ORDER
from bench.measure import SETTLE, Figure
from bench.place import Place, place
from bench.race import many
from bench.wire import Wire

ROWS = {"worker": ("steps", "hand"), "api": ("api", "app"), "server": ("server", None)}
_NAMES = {"worker": "worker", "api": "API, and an app by hand", "server": "Temporal server, for both"}
WHEN = {"idle": "at rest", "after": "after the main job"}
KINDS = ("rss", "pss")
MEASURES = {
    f"{row}-{when}-{kind}": f"{_NAMES[row]}, {WHEN[when]}, {kind.upper()}, MiB"
    for row in ROWS
    for when in WHEN
    for kind in KINDS
}
_NONE = float("nan")


async def memory(runs: int) -> dict[str, Figure]:
    """Measure after one run of each side, and after so many more, which the API and the app have started as well."""
    figures: dict[str, Figure] = {}
    async with place(front=True) as here:
        for when, count in {"idle": 1, "after": runs}.items():
            for side in ("steps", "hand"):
                await many(here, side, count)
            for address in ("trigger", "app"):
                await _start(here.addresses[address], count)
            figures |= _figures(here, when)
    await asyncio.sleep(SETTLE)
    return {name: figures[name] for name in MEASURES}


def resident(pid: int) -> dict[str, float]:
    """Return RSS and PSS of a process in MiB; NaN on a machine without /proc."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return dict.fromkeys(KINDS, _NONE)
    lines = dict(line.split(":", 1) for line in text.splitlines()[1:])
    return {kind: int(lines[kind.capitalize()].split()[0]) / 1024 for kind in KINDS}


def _figures(here: Place, when: str) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for row, (ours, theirs) in ROWS.items():
        used = resident(here.pid(ours))
        other = resident(here.pid(theirs)) if theirs else dict.fromkeys(KINDS, _NONE)
        for kind in KINDS:
            ratio = used[kind] / other[kind]
            found[f"{row}-{when}-{kind}"] = Figure(used[kind], other[kind], ratio, ratio, ratio)
    return found


async def _start(url: str, count: int) -> None:
    wire = Wire(url)
    for _ in range(count):
        status, _answer = await wire.post(json.dumps(ORDER).encode(), {})
        if status != 202:
            raise RuntimeError(f"A start was answered with {status}.")
    await wire.close()
