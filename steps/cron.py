"""Cron lines: five fields, checked where they are written, so that nobody waits for a night to learn of a mistake."""

from __future__ import annotations

import re
from dataclasses import dataclass

from steps.errors import ScheduleInvalid

_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_LONGEST = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_PART = re.compile(r"(?P<first>\*|[0-9A-Z]+)(?:-(?P<last>[0-9A-Z]+))?(?:/(?P<step>[0-9]+))?")
_HINT = 'Write five fields: minute, hour, day of month, month, day of week, such as "0 3 * * MON-FRI".'


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()
    first_word: int = 0

    def number(self, text: str) -> int:
        """Return the number that a part of the field means; a name of a day or month counts, by its first letters."""
        if text.isdecimal():
            number = int(text)
        elif text[:3] in self.words:
            number = self.words.index(text[:3]) + self.first_word
        else:
            raise _wrong(f"{text!r} is no {self.name}")
        if not self.low <= number <= self.high:
            raise _wrong(f"{text} is no {self.name}: it goes from {self.low} to {self.high}")
        return number


_FIELDS = (
    _Field("minute", 0, 59),
    _Field("hour", 0, 23),
    _Field("day of month", 1, 31),
    _Field("month", 1, 12, _MONTHS, 1),
    _Field("day of week", 0, 7, _DAYS),
)


def check_cron(line: object) -> str:
    """Return the cron line with its fields apart by one space, in capitals.

    Raises:
        ScheduleInvalid: with the part that is wrong, and what to write.
    """
    if not isinstance(line, str):
        raise _wrong(f"it is a {type(line).__name__}, not a text")
    text = " ".join(line.split()).upper()
    if text.startswith("@"):
        raise _wrong(f"{text[:40]!r} is not understood; use Every(...) for a distance of time")
    if text.startswith(("CRON_TZ=", "TZ=")):
        raise _wrong("the time zone does not belong into the line; write time_zone=")
    parts = text.split(" ")
    if len(parts) != len(_FIELDS):
        raise _wrong(f"it has {len(parts) if text else 0} fields")
    values = [_values(field, part) for field, part in zip(_FIELDS, parts, strict=True)]
    days, months = values[2], values[3]
    if min(days) > max(_LONGEST.get(month, 31) for month in months):
        raise _wrong("no month that it names has such a day, so it would never run")
    return text


def _values(field: _Field, text: str) -> set[int]:
    return {number for part in text.split(",") for number in _part(field, part)}


def _part(field: _Field, text: str) -> range:
    match = _PART.fullmatch(text)
    if match is None or (match["first"] == "*" and match["last"]):
        raise _wrong(f"{text[:40]!r} is no {field.name}")
    if match["first"] == "*":
        first, last = field.low, field.high
    else:
        first = field.number(match["first"])
        last = field.number(match["last"]) if match["last"] else field.high if match["step"] else first
    if last < first:
        raise _wrong(f"the range {text} ends before it begins; name each, with commas")
    step = int(match["step"] or 1)
    if not 1 <= step <= field.high:
        raise _wrong(f"the step of {text} must be from 1 to {field.high}")
    return range(first, last + 1, step)


def _wrong(reason: str) -> ScheduleInvalid:
    return ScheduleInvalid(f"The cron line cannot be used: {reason}. {_HINT}", field="cron")
