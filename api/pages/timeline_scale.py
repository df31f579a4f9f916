"""Where something that has a time stands on a timeline, and the moments that are marked on it."""

from __future__ import annotations

from dataclasses import dataclass

# Lengths that people count in; the first that gives few enough marks is taken.
_STEPS = (
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600,
    7_200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800, 1_209_600, 2_592_000, 7_776_000, 15_552_000, 31_536_000,
)  # fmt: skip
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"), (0.001, "ms"))
_MOST_MARKS = 6
NARROWEST = 0.6
"""Of the whole width, in percent: what took no time can be seen all the same."""


@dataclass(frozen=True)
class Mark:
    """A moment with its place, in percent of the width."""

    x: float
    text: str


@dataclass(frozen=True)
class Scale:
    """From the start of a run to `end`, in seconds."""

    end: float

    def x(self, seconds: float) -> float:
        """Return the place of a moment, in percent of the width."""
        return round(min(max(seconds / self.end, 0.0), 1.0) * 100, 2) if self.end > 0 else 0.0

    def span(self, began: float, ended: float) -> tuple[float, float]:
        """Return place and width of a span, in percent; it stays inside."""
        left = min(self.x(began), 100 - NARROWEST)
        return left, round(max(self.x(ended) - left, NARROWEST), 2)

    def marks(self) -> list[Mark]:
        """Return the moments to mark, the start first."""
        step = next((step for step in _STEPS if self.end / step <= _MOST_MARKS), _STEPS[-1])
        count = min(int(self.end / step + 1e-9), _MOST_MARKS) if self.end > 0 else 0
        return [
            Mark(self.x(number * step), f"+{length(number * step)}" if number else "0") for number in range(count + 1)
        ]


def length(seconds: float) -> str:
    """Return a length of time in few words: `340 ms`, `2.4 s`, `3 min 5 s`, `2 d 4 h`."""
    if seconds < 0.0005:
        return "0 s"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.3g} s" if seconds < 10 else f"{seconds:.0f} s"
    left = round(seconds)
    words: list[str] = []
    for size, name in _UNITS[:-1]:
        count, left = divmod(left, int(size))
        if count and len(words) < 2:
            words.append(f"{count} {name}")
        elif words:
            break
    return " ".join(words)
