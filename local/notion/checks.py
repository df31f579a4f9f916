from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime
from typing import Any, TypeGuard, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local.notion.errors import Json, failed, invalid, missing, quoted

MAX_TEXT = 2_000
MAX_ITEMS = 100

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def is_object(value: object) -> TypeGuard[Json]:
    """Say whether a value is a JSON object."""
    return isinstance(value, dict)


def is_array(value: object) -> TypeGuard[list[Any]]:
    """Say whether a value is a JSON array."""
    return isinstance(value, list)


def is_number(value: object) -> TypeGuard[int | float]:
    """Say whether a value is a JSON number, which true and false are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def an_object(value: object, path: str) -> Json:
    """Return a JSON object, or refuse."""
    if not is_object(value):
        raise failed(path, "an object", value)
    return value


def an_array(value: object, path: str, limit: int = MAX_ITEMS) -> list[Any]:
    """Return an array within the limit, or refuse."""
    if not is_array(value):
        raise failed(path, "an array", value)
    if len(value) > limit:
        raise invalid(f"body failed validation: {path}.length should be ≤ `{limit}`, instead was `{len(value)}`.")
    return value


def a_string(value: object, path: str, limit: int = MAX_TEXT) -> str:
    """Return a string within the limit, or refuse."""
    if not isinstance(value, str):
        raise failed(path, "a string", value)
    # Notion counts as JavaScript does: a character outside the basic plane counts as two.
    length = len(value.encode("utf-16-le", "surrogatepass")) // 2
    if length > limit:
        raise invalid(f"body failed validation: {path}.length should be ≤ `{limit}`, instead was `{length}`.")
    return value


def a_number(value: object, path: str) -> int | float:
    """Return a number, or refuse."""
    if not is_number(value):
        raise failed(path, "a number", value)
    return value


def a_positive(value: object, path: str) -> int | float:
    """Return a number above zero, or refuse."""
    number = a_number(value, path)
    if number <= 0:
        raise failed(path, "above `0`", value)
    return number


def a_duration(value: object, path: str) -> int | float:
    """Return a number of seconds, which may be zero, or refuse."""
    number = a_number(value, path)
    if number < 0:
        raise failed(path, "≥ `0`", value)
    return number


def a_boolean(value: object, path: str) -> bool:
    """Return a boolean, or refuse."""
    if not isinstance(value, bool):
        raise failed(path, "a boolean", value)
    return value


def one_of(value: object, path: str, allowed: tuple[str, ...]) -> str:
    """Return one of the allowed strings, or refuse."""
    if value not in allowed:
        choices = ", ".join(f"`{quoted(each)}`" for each in allowed[:-1])
        expectation = f"{choices}, or `{quoted(allowed[-1])}`" if choices else f"`{quoted(allowed[-1])}`"
        raise failed(path, expectation, value)
    return cast(str, value)


def only(value: Json, path: str, allowed: tuple[str, ...]) -> None:
    """Refuse a key that Notion does not know."""
    for key in value:
        if key not in allowed:
            raise failed(f"{path}.{key}", "not present", value[key])


def required(value: Json, key: str, path: str) -> Any:
    """Return a key's value, or refuse when the key is absent."""
    if key not in value:
        raise missing(f"{path}.{key}")
    return value[key]


def an_id(value: object, path: str) -> str:
    """Return an id with dashes, as Notion answers it; ids without dashes are accepted."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise failed(path, "a valid uuid", value)
    return str(uuid.UUID(value))


def a_date(value: object, path: str) -> Json:
    """Return a date or a range of dates as Notion answers it."""
    given = an_object(value, path)
    only(given, path, ("start", "end", "time_zone"))
    zone = _zone(given.get("time_zone"), f"{path}.time_zone")
    start, end = required(given, "start", path), given.get("end")
    return {
        "start": _moment(start, f"{path}.start", zone),
        "end": None if end is None else _moment(end, f"{path}.end", zone),
        "time_zone": None if zone is None else zone.key,
    }


def instant(value: str) -> datetime:
    """Return the point in time that an ISO 8601 date or date-time stands for (UTC where it names no zone)."""
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def an_instant(value: object, path: str) -> datetime:
    """Return a point in time, or refuse what is not ISO 8601."""
    try:
        return instant(a_string(value, path))
    except ValueError:
        raise failed(path, "a valid ISO 8601 date string", value) from None


def _zone(value: object, path: str) -> ZoneInfo | None:
    if value is None:
        return None
    try:
        return ZoneInfo(a_string(value, path))
    except (ZoneInfoNotFoundError, ValueError):
        raise failed(path, "a valid time zone", value) from None


def _moment(value: object, path: str, zone: ZoneInfo | None) -> str:
    text = a_string(value, path)
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text).isoformat()
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise failed(path, "a valid ISO 8601 date string", value) from None
    if zone is not None:
        if moment.tzinfo is not None:
            raise failed(path, "a date string without a UTC offset when time_zone is given", value)
        moment = moment.replace(tzinfo=zone)
    elif moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.isoformat(timespec="milliseconds")
