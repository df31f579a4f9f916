"""The values of a record as an author writes them, and the JSON that they cross as."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from steps.notion.mismatch import Mismatch, Wrong, refuse, shown

_AWARE = "a datetime needs its time zone: write datetime.now(UTC), or when.replace(tzinfo=ZoneInfo(...))"


@dataclass(frozen=True)
class Person:
    """Somebody of the Notion workspace, by their user id."""

    id: str


@dataclass(frozen=True, init=False)
class Relation:
    """Other pages, by their ids; a Record stands for its own."""

    pages: tuple[str, ...]

    def __init__(self, *pages: Any) -> None:
        object.__setattr__(self, "pages", tuple(getattr(page, "id", page) for page in pages))


@dataclass(frozen=True)
class File:
    """A file: the address at which it stands, or the id of an upload that has ended."""

    url: str | None = None
    name: str | None = None
    upload: str | None = None


@dataclass(frozen=True)
class DateRange:
    """A date or time with an end. With `time_zone`, such as "Europe/Berlin", the times are those of its clocks."""

    start: date | datetime | str
    end: date | datetime | str | None = None
    time_zone: str | None = None


@dataclass(frozen=True)
class Place:
    """A place on the map, in degrees."""

    lat: float
    lon: float
    name: str | None = None
    address: str | None = None


def to_crossing(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record's values as JSON; what `shaping` finds wrong is not looked at here.

    Raises:
        RecordInvalid: it names every value that has no JSON form.
    """
    plain: dict[str, Any] = {}
    problems: list[Mismatch] = []
    for name, value in values.items():
        # The types are for authors; what they pass may be anything.
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            problems.append(Mismatch(str(name), "is no name of a property; it must be a text"))
            continue
        try:
            plain[name] = _plain(value)
        except Wrong as wrong:
            problems.append(Mismatch(name, str(wrong)))
        except RecursionError:
            problems.append(Mismatch(name, "is nested too deeply"))
    refuse(problems)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Wrong(f"{value} is no number that Notion could keep")
        return value
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise Wrong(f"{value} is no number that Notion could keep")
        return format(value, "f")
    if isinstance(value, datetime):
        return _moment(value, None)
    if isinstance(value, date):
        return value.isoformat()
    return _grouped(value)


def _grouped(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in cast("list[Any]", value)]
    if isinstance(value, (set, frozenset)):
        # In an order that every replay has.
        return sorted((_plain(each) for each in cast("set[Any]", value)), key=json.dumps)
    if isinstance(value, Mapping):
        given = cast("Mapping[Any, Any]", value)
        return {_text(str(key)): _plain(each) for key, each in given.items()}
    return _tagged(value)


def _tagged(value: Any) -> Any:
    if isinstance(value, Person):
        return {"$person": _plain(value.id)}
    if isinstance(value, Relation):
        return {"$relation": [_plain(page) for page in value.pages]}
    if isinstance(value, File):
        return {"$file": {"url": _plain(value.url), "name": _plain(value.name), "upload": _plain(value.upload)}}
    if isinstance(value, DateRange):
        zone = value.time_zone
        parts = {"start": _when(value.start, zone), "end": _when(value.end, zone)}
        return {"$range": {**parts, "time_zone": _plain(zone)}}
    if isinstance(value, Place):
        name, address = _plain(value.name), _plain(value.address)
        return {"$place": {"lat": _plain(value.lat), "lon": _plain(value.lon), "name": name, "address": address}}
    raise Wrong(f"a value of the type {type(value).__name__} cannot be written; see the values that can, by type")


def _when(value: Any, zone: str | None) -> Any:
    return _moment(value, zone) if isinstance(value, datetime) else _plain(value)


def _moment(value: datetime, zone: str | None) -> str:
    if value.tzinfo is None and zone is None:
        raise Wrong(f"{value.isoformat(sep=' ')} has no time zone; {_AWARE}")
    return value.isoformat()


def _text(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Wrong(f"{shown(value)} holds half of a surrogate pair, which is not a character") from None
    return str(value)
