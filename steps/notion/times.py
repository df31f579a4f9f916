"""Dates and times as Notion takes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from steps.notion.mismatch import Wrong, shown

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?", re.ASCII)


def a_time(value: Any, zone: ZoneInfo | None) -> str:
    """Return a date, or a time with its offset; with a zone, a time of its clocks without one."""
    if not isinstance(value, str):
        raise Wrong(f"{shown(value)} is no date; write a date, a datetime, a DateRange or an ISO text")
    try:
        if _DAY.fullmatch(value):
            return date.fromisoformat(value).isoformat()
        moment = datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else None
        if moment is not None and zone is not None:
            moment = moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)
    except (ValueError, OverflowError):
        moment = None
    if moment is None:
        raise Wrong(f"{shown(value)} is no date; write it as 2026-11-22 or 2026-11-22T10:00:00+01:00")
    if moment.tzinfo is None and zone is None:
        raise Wrong(f"{shown(value)} has no time zone; write it as 2026-11-22T10:00:00+01:00, or use DateRange")
    return moment.isoformat()


def a_range(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a start with its end and time zone."""
    zone = _zone(given.get("time_zone"))
    start, end = a_time(given.get("start"), zone), given.get("end")
    found: dict[str, Any] = {"start": start}
    if end is not None:
        found["end"] = a_time(end, zone)
        if _before(found["end"], start):
            raise Wrong(f"its end, {found['end']}, is before its start, {start}")
    if zone is not None:
        found["time_zone"] = zone.key
    return found


def _before(end: str, start: str) -> bool:
    """Compare two days, or two times; a day and a time are not compared."""
    days = [_DAY.fullmatch(text) is not None for text in (end, start)]
    return days[0] is days[1] and datetime.fromisoformat(end) < datetime.fromisoformat(start)


def _zone(name: Any) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, TypeError, OSError):
        raise Wrong(f"{shown(name)} is no time zone; write one such as Europe/Berlin") from None
