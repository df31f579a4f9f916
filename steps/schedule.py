"""When a workflow runs by itself: `schedule = Every(hours=6)` or `schedule = Cron("0 3 * * MON-FRI")` in its class."""

from __future__ import annotations

import hashlib
import json
import math
from abc import ABC, abstractmethod
from datetime import datetime, timedelta
from typing import Any, Unpack
from zoneinfo import ZoneInfo

from steps.cron import check_cron
from steps.delay import MAX_DELAY, Delay, counted, in_words
from steps.errors import ScheduleInvalid
from steps.schedule_terms import Options, Terms, length, read_terms

# As fine as a cron line. What is wanted more often is one run that arms its next step, not a run each time.
MIN_INTERVAL = timedelta(minutes=1)


class Schedule(ABC):
    """What `Every` and `Cron` have in common: their checked options, in `terms`."""

    def __init__(self, terms: Terms) -> None:
        self.terms = terms

    @property
    def words(self) -> str:
        """When it runs, in words."""
        terms, text = self.terms, self._when()
        text += f", from {self._shown(terms.start)}" if terms.start else ""
        text += f", until {self._shown(terms.end)}" if terms.end else ""
        text += f", {counted(terms.count, 'run')} in all" if terms.count else ""
        return text + (f", up to {in_words(terms.jitter)} later" if terms.jitter else "")

    @property
    def digest(self) -> str:
        """What two schedules that say the same have alike; only `paused`, which people change, is left out."""
        terms = self.terms
        said = [
            self._said(), terms.time_zone, *(moment and moment.isoformat() for moment in (terms.start, terms.end)),
            terms.count, terms.overlap, terms.data, terms.catch_up.total_seconds(), terms.jitter.total_seconds(),
        ]  # fmt: skip
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]

    def __repr__(self) -> str:
        return f"<schedule: {self.words}>"

    def _shown(self, moment: datetime) -> str:
        return f"{moment.astimezone(ZoneInfo(self.terms.time_zone)):%Y-%m-%d %H:%M:%S %Z}"

    @abstractmethod
    def _when(self) -> str:
        """Say when it runs, without its options."""

    @abstractmethod
    def _said(self) -> list[Any]:
        """Return what tells it from another of its kind, with the name of the kind."""


class Every(Schedule):
    """Run again and again, this long apart, a minute at least.

    The times are counted from `start`; without it, from midnight UTC of 1970-01-01, moved by `offset`: every six hours
    is at 0, 6, 12 and 18 o'clock UTC. A day has 24 hours here: for a time of the day use `Cron`.

    Raises:
        ScheduleInvalid: with the option in `field`.
    """

    def __init__(
        self,
        *,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
        weeks: float = 0,
        offset: Delay | None = None,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(read_terms(options))
        self.interval = _interval({"minutes": minutes, "hours": hours, "days": days, "weeks": weeks})
        self.offset = self._offset(offset)

    def _offset(self, value: Delay | None) -> timedelta:
        if value is None:
            start = self.terms.start
            return timedelta(seconds=int(start.timestamp()) % int(self.interval.total_seconds()) if start else 0)
        offset = length("offset", value)
        if offset >= self.interval:
            raise ScheduleInvalid(
                f"`offset` ({offset}) must be shorter than the interval ({self.interval}).", field="offset"
            )
        return offset

    def _when(self) -> str:
        moved = f", {in_words(self.offset)} after the full interval" if self.offset and not self.terms.start else ""
        return f"every {in_words(self.interval).removeprefix('1 ')}{moved}"

    def _said(self) -> list[Any]:
        return ["every", self.interval.total_seconds(), self.offset.total_seconds()]


class Cron(Schedule):
    """Run at the times of a cron line, in `time_zone` (UTC): minute, hour, day of month, month, day of week.

    Where both days are given, both must match. A time that the clocks skip in spring does not come that day; one that
    comes twice in autumn runs once.

    Raises:
        ScheduleInvalid: with the option in `field`.
    """

    def __init__(self, cron: str, **options: Unpack[Options]) -> None:
        super().__init__(read_terms(options))
        self.cron = check_cron(cron)

    def _when(self) -> str:
        return f"at {self.cron} ({self.terms.time_zone})"

    def _said(self) -> list[Any]:
        return ["cron", self.cron]


def _interval(parts: dict[str, float]) -> timedelta:
    for name, value in parts.items():
        if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value) or value < 0:  # pyright: ignore[reportUnnecessaryIsInstance]  # authors' files are not type-checked
            raise ScheduleInvalid(f"`{name}` must be a number from 0, not {str(value)[:40]!r}.", field=name)
    try:
        found = timedelta(**parts)
    except OverflowError:
        found = timedelta.max
    if not found:
        raise ScheduleInvalid("Every(...) needs a distance, such as Every(hours=6).", field="every")
    if found < MIN_INTERVAL:
        raise ScheduleInvalid(
            f"Every(...) is at least {in_words(MIN_INTERVAL)} apart, not {found}. What is wanted more often is one "
            "run whose step arms itself with `api.schedule_next_step(delay=...)`.",
            field="every",
        )
    if found > MAX_DELAY:
        raise ScheduleInvalid(f"Every(...) is at most {MAX_DELAY.days} days apart.", field="every")
    if found.microseconds:
        raise ScheduleInvalid(f"Every(...) is of whole seconds, not {found}.", field="every")
    return found
