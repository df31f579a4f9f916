"""Lengths of time in words."""

from __future__ import annotations

from datetime import datetime, timedelta

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_JUST_NOW = 45


def ago(value: datetime, now: datetime) -> str:
    """Return how long ago a moment was, or in how long it will be, in its largest unit."""
    seconds = (now - value).total_seconds()
    unit, size = next((one for one in _UNITS if abs(seconds) >= one[1]), ("minute", 60))
    if abs(seconds) < _JUST_NOW:
        return "just now"
    count = max(1, int(abs(seconds) // size))
    words = f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{words} ago" if seconds > 0 else f"in {words}"


def duration(value: timedelta) -> str:
    """Return a length of time in its two largest units; under a minute, in seconds."""
    seconds = max(0.0, value.total_seconds())
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:  # what would be said as 60.0 is a minute
        return f"{seconds:.1f} s"
    seconds = max(60, seconds)
    parts = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)]
    first = next(place for place, (_, size) in enumerate(parts) if seconds >= size)
    rest = round(seconds)
    found: list[str] = []
    for unit, size in parts[first : first + 2]:
        count, rest = divmod(rest, size)
        found += [f"{count} {unit}"] if count else []
    return " ".join(found)
