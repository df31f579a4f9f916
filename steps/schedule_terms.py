"""What every schedule can say beside when: its bounds, its overlap, its data."""

from __future__ import annotations

import difflib
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict, get_args
from zoneinfo import ZoneInfo

from steps.delay import Delay, parse_delay
from steps.errors import DelayInvalid, PayloadInvalid, PayloadTooLarge, ScheduleInvalid
from steps.payload import to_json

Overlap = Literal["skip", "buffer", "allow", "cancel-running"]
OVERLAPS: tuple[Overlap, ...] = get_args(Overlap)
# A night's outage is made up for; a service that was away for a week does not wake to a week of runs.
CATCH_UP = timedelta(days=1)
MIN_CATCH_UP = timedelta(seconds=10)  # Temporal's own least
MAX_JITTER = timedelta(days=1)
MAX_COUNT = 1_000_000_000
FILLED = ("counter", "scheduled_at", "next_at")


class Options(TypedDict, total=False):
    """What `Every` and `Cron` take alike. A datetime without a zone is of the schedule's own; lengths as of a delay."""

    time_zone: str
    start: datetime | None
    end: datetime | None
    count: int | None
    overlap: Overlap
    paused: bool
    data: Mapping[str, Any] | None
    catch_up: Delay
    jitter: Delay


@dataclass(frozen=True)
class Terms:
    """The options, checked; `start` and `end` have a zone."""

    time_zone: str
    start: datetime | None
    end: datetime | None
    count: int | None
    overlap: Overlap
    paused: bool
    data: dict[str, Any]
    catch_up: timedelta
    jitter: timedelta


def read_terms(options: Mapping[str, Any]) -> Terms:
    """Return the checked options.

    Raises:
        ScheduleInvalid: with the option in `field`, what is wrong, and what to write.
    """
    for name in options.keys() - Options.__annotations__.keys():
        near = difflib.get_close_matches(name, Options.__annotations__, n=1)
        hint = f" Did you mean {near[0]}?" if near else f" It has: {', '.join(Options.__annotations__)}."
        raise ScheduleInvalid(f"A schedule has no option {name!r}.{hint}", field=name)
    name, zone = _zone(options.get("time_zone", "UTC"))
    start, end = _moment("start", options.get("start"), zone), _moment("end", options.get("end"), zone)
    if start and end and end <= start:
        raise ScheduleInvalid(f"`end` ({end}) must come after `start` ({start}).", field="end")
    return Terms(
        time_zone=name,
        start=start,
        end=end,
        count=_count(options.get("count")),
        overlap=_overlap(options.get("overlap", "skip")),
        paused=_flag("paused", options.get("paused", False)),
        data=_data(options.get("data")),
        catch_up=length("catch_up", options.get("catch_up", CATCH_UP), low=MIN_CATCH_UP),
        jitter=length("jitter", options.get("jitter", 0), high=MAX_JITTER),
    )


def length(name: str, value: Any, *, low: timedelta = timedelta(0), high: timedelta | None = None) -> timedelta:
    """Return a length of time in whole seconds.

    Raises:
        ScheduleInvalid: it is none, or out of bounds.
    """
    try:
        found = timedelta(seconds=int(parse_delay(value).total_seconds()))
    except DelayInvalid as error:
        raise ScheduleInvalid(f"`{name}` is not a length of time: {error}", field=name) from None
    if found < low:
        raise ScheduleInvalid(f"`{name}` must be {low} or more, not {found}.", field=name)
    if high is not None and found > high:
        raise ScheduleInvalid(f"`{name}` must be {high} or less, not {found}.", field=name)
    return found


def _zone(name: Any) -> tuple[str, ZoneInfo]:
    try:
        return name, ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError, TypeError, AttributeError):
        near = difflib.get_close_matches(str(name), sorted(zoneinfo.available_timezones()), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else 'Use a name such as "Europe/Berlin" or "UTC".'
        raise ScheduleInvalid(f"There is no time zone {str(name)[:80]!r}. {hint}", field="time_zone") from None


def _moment(name: str, value: Any, zone: ZoneInfo) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        raise ScheduleInvalid(f"`{name}` must be a datetime, not a {type(value).__name__}.", field=name)
    whole = value.replace(microsecond=0)
    return whole if whole.tzinfo is not None else whole.replace(tzinfo=zone)


def _count(value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_COUNT):
        return value
    raise ScheduleInvalid(
        f"`count` is the number of runs in all: a whole number from 1, or None for no end, not {str(value)[:40]!r}.",
        field="count",
    )


def _overlap(value: Any) -> Overlap:
    if value in OVERLAPS:
        return value
    raise ScheduleInvalid(f"`overlap` must be one of {', '.join(OVERLAPS)}, not {str(value)[:40]!r}.", field="overlap")


def _flag(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise ScheduleInvalid(f"`{name}` must be True or False, not {str(value)[:40]!r}.", field=name)


def _data(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise ScheduleInvalid(f"`data` must be a dict, not a {type(value).__name__}.", field="data")
    try:
        plain, _ = to_json(value, "`data`")
    except (PayloadInvalid, PayloadTooLarge) as error:
        raise ScheduleInvalid(str(error), field="data") from None
    if taken := [name for name in FILLED if name in plain]:
        raise ScheduleInvalid(f"`data` may not hold {', '.join(taken)}: each run is told its own.", field="data")
    return plain
