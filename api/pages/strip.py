"""The last runs of a workflow as a strip of small squares, the newest on the right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from api.views import RunStatus, RunSummary

STEP, SIZE = 14, 11
_ORDER: tuple[RunStatus, ...] = ("completed", "failed", "timed_out", "cancelled", "terminated", "running")
# How high each stands, so that the colour is not all that tells them apart.
_HEIGHTS: dict[RunStatus, int] = {"completed": 11, "running": 5, "cancelled": 5, "terminated": 5}


@dataclass(frozen=True)
class Square:
    """One run."""

    x: int
    y: int
    height: int
    status: RunStatus


@dataclass(frozen=True)
class Strip:
    """What is drawn, and what it says in words."""

    squares: list[Square]
    words: str

    @property
    def width(self) -> int:
        """Its width, in pixels."""
        return max(1, len(self.squares)) * STEP


def strip_of(runs: Sequence[RunSummary]) -> Strip:
    """Return the strip of runs that are listed with the newest first."""
    ordered = sorted(runs, key=lambda run: run.started_at)
    counts = Counter(run.status for run in runs)
    words = ", ".join(f"{counts[status]} {status.replace('_', ' ')}" for status in _ORDER if counts[status])
    squares = [_square(at, run.status) for at, run in enumerate(ordered)]
    return Strip(squares, words)


def _square(at: int, status: RunStatus) -> Square:
    height = _HEIGHTS.get(status, SIZE + 4)
    return Square(at * STEP + 1, SIZE + 5 - height, height, status)
