"""How long a step waits before it runs."""

from __future__ import annotations

import math
import re
from datetime import timedelta

from steps.errors import DelayInvalid

MAX_DELAY = timedelta(days=400)
_UNITS = {
    "sec": 1, "secs": 1, "second": 1, "seconds": 1,
    "min": 60, "mins": 60, "minute": 60, "minutes": 60,
    "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600,
    "day": 86400, "days": 86400,
    "week": 604800, "weeks": 604800,
}  # fmt: skip
_NAMES = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))
_TEXT = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([a-z]+)")
_HINT = 'Use seconds, a timedelta, or a text such as "30 sec", "5 min", "2 hr", "1 day", "2 weeks".'

Delay = float | timedelta | str


def parse_delay(value: Delay, *, limit: timedelta = MAX_DELAY) -> timedelta:
    """Return the delay as a timedelta of whole microseconds.

    Raises:
        DelayInvalid: it is not a length of time, is negative, or is longer than `limit` (400 days for a step).
    """
    seconds = _seconds(value)
    if seconds < 0:
        raise DelayInvalid(f"The delay {_shown(value)} is negative. Use 0 to run the step at once.")
    if not math.isfinite(seconds) or seconds > limit.total_seconds():
        longest = f"{limit.days} days" if limit.days else f"{limit.seconds} seconds"
        raise DelayInvalid(f"The delay {_shown(value)} is longer than {longest}, the longest that is possible here.")
    return timedelta(seconds=seconds)


def in_words(time: timedelta) -> str:
    """Return `6 hours`: in the largest unit that fits."""
    if time.microseconds:
        return f"{time.total_seconds():g} seconds"
    seconds = int(time.total_seconds())
    name, size = next(unit for unit in _NAMES if seconds % unit[1] == 0)
    return counted(seconds // size, name)


def counted(number: int, noun: str) -> str:
    """Return `1 hour` or `2 hours`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _seconds(value: object) -> float:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if isinstance(value, float) and math.isnan(value):
            raise DelayInvalid(f"The delay {value!r} is not a number of seconds. {_HINT}")
        return float(value) if abs(value) < 1e15 else math.inf if value > 0 else -math.inf
    if isinstance(value, str):
        return _from_text(value)
    raise DelayInvalid(f"A delay cannot be a {type(value).__name__}. {_HINT}")


def _from_text(text: str) -> float:
    match = _TEXT.fullmatch(text.strip(" ").lower())
    if match is None:
        raise DelayInvalid(f"The delay {text[:80]!r} is not understood. {_HINT}")
    number, unit = match.groups()
    if unit.startswith(("month", "year")):
        raise DelayInvalid(f"The delay {text[:80]!r} has no fixed length: say it in days or weeks. {_HINT}")
    if unit not in _UNITS:
        raise DelayInvalid(f"The delay {text[:80]!r} has an unknown unit {unit!r}. {_HINT}")
    return float(number) * _UNITS[unit]


def _shown(value: Delay) -> str:
    try:
        return repr(value)[:80]
    except ValueError:  # Python refuses to write out an int of more than 4,300 digits
        return "of so many seconds"
