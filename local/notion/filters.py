from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from local.notion import checks, properties, reading, rich_text
from local.notion.call import Call
from local.notion.checks import an_array, an_instant, an_object, only
from local.notion.errors import Json, failed, invalid, missing
from local.notion.objects import DataSource, Page, Property

Test = Callable[[Page], bool]
Match = Callable[[Any], bool]

_TEXT = ("title", "rich_text", "url", "email", "phone_number")
_DATES = ("date", "created_time", "last_edited_time")
_PEOPLE = ("people", "created_by", "last_edited_by")
_MAX_DEPTH = 2
_DAYS = {"week": 7, "month": 30, "year": 365}


def parse(call: Call, source: DataSource, value: object, path: str = "body.filter", depth: int = 0) -> Test:
    """Return the test that a filter describes, or refuse."""
    given = an_object(value, path)
    for word, decide in (("and", all), ("or", any)):
        if word in given:
            only(given, path, (word,))
            if depth >= _MAX_DEPTH:
                raise failed(f"{path}.{word}", "not present", given[word])
            parts = enumerate(an_array(given[word], f"{path}.{word}"))
            tests = [parse(call, source, each, f"{path}.{word}[{index}]", depth + 1) for index, each in parts]
            return _combined(decide, tests)
    if "timestamp" in given:
        return _timestamp(call, given, path)
    if not isinstance(given.get("property"), str):
        raise missing(f"{path}.property")
    return _property(call, source, given, path)


def _combined(decide: Callable[[Any], bool], tests: list[Test]) -> Test:
    return lambda page: decide(test(page) for test in tests)


def _timestamp(call: Call, given: Json, path: str) -> Test:
    kind = checks.one_of(given["timestamp"], f"{path}.timestamp", ("created_time", "last_edited_time"))
    only(given, path, ("timestamp", "type", kind))
    if kind not in given:
        raise missing(f"{path}.{kind}")
    match = _date(call, an_object(given[kind], f"{path}.{kind}"), f"{path}.{kind}")
    return lambda page: match(page.created_time if kind == "created_time" else page.last_edited_time)


def _property(call: Call, source: DataSource, given: Json, path: str) -> Test:
    prop = properties.find(source, given["property"])
    if prop is None:
        raise invalid(f"Could not find property with name or id: {given['property']}")
    kinds = [key for key in given if key not in ("property", "type")]
    if len(kinds) != 1:
        raise missing(f"{path}.{prop.type}")
    (kind,) = kinds
    if kind not in properties.TYPES:
        raise failed(f"{path}.{kind}", "not present", given[kind])
    # A title may be asked as text: Notion takes either name.
    if kind != prop.type and {kind, prop.type} != {"title", "rich_text"}:
        raise invalid(f"database property {prop.type} does not match filter {kind}")
    match = _match(call, prop, kind, an_object(given[kind], f"{path}.{kind}"), f"{path}.{kind}")
    return lambda page: match(_held(call, page, prop))


def _held(call: Call, page: Page, prop: Property) -> Any:
    held = reading.value(call.workspace, page, prop)
    if prop.type in ("title", "rich_text"):
        return rich_text.plain(held)
    if held is None:
        return None
    if prop.type in _DATES:
        return checks.instant(held["start"] if prop.type == "date" else held)
    if prop.type in ("select", "status"):
        return held["name"]
    if prop.type == "multi_select":
        return [option["name"] for option in held]
    if prop.type in ("people", "relation"):
        return [each["id"] for each in held]
    if prop.type in ("created_by", "last_edited_by"):
        return [held["id"]]
    return held["string"] if prop.type == "formula" else held["number"] if prop.type == "unique_id" else held


def _match(call: Call, prop: Property, kind: str, given: Json, path: str) -> Match:
    if kind == "formula":
        only(given, path, ("string",))
        return _text(an_object(given.get("string"), f"{path}.string"), f"{path}.string")
    if kind in _TEXT:
        return _text(given, path)
    if kind in ("number", "unique_id"):
        return _number(given, path)
    if kind == "checkbox":
        name, wanted = _operator(given, path, ("equals", "does_not_equal"))
        wanted = checks.a_boolean(wanted, f"{path}.{name}")
        return lambda held: (held == wanted) is (name == "equals")
    if kind in _DATES:
        return _date(call, given, path)
    if kind in ("select", "status"):
        return _choice(prop, given, path)
    return _list(call, kind, given, path)


def _operator(given: Json, path: str, allowed: tuple[str, ...]) -> tuple[str, Any]:
    only(given, path, allowed)
    if len(given) != 1:
        raise missing(f"{path}.{allowed[0]}")
    ((name, wanted),) = given.items()
    if name in ("is_empty", "is_not_empty") and wanted is not True:
        raise failed(f"{path}.{name}", "`true`", wanted)
    return name, wanted


_EXISTENCE = ("is_empty", "is_not_empty")


def _empty(name: str) -> Match:
    return lambda held: (held in (None, "", [])) is (name == "is_empty")


def _text(given: Json, path: str) -> Match:
    tests: dict[str, Callable[[str, str], bool]] = {
        "equals": lambda held, wanted: held == wanted,
        "does_not_equal": lambda held, wanted: held != wanted,
        "contains": lambda held, wanted: wanted in held,
        "does_not_contain": lambda held, wanted: wanted not in held,
        "starts_with": lambda held, wanted: held.startswith(wanted),
        "ends_with": lambda held, wanted: held.endswith(wanted),
    }
    name, wanted = _operator(given, path, (*tests, *_EXISTENCE))
    if name in _EXISTENCE:
        return _empty(name)
    # Notion compares text without regard to case.
    sought, test = checks.a_string(wanted, f"{path}.{name}").casefold(), tests[name]
    return lambda held: test((held or "").casefold(), sought)


def _number(given: Json, path: str) -> Match:
    tests: dict[str, Callable[[float, float], bool]] = {
        "equals": lambda held, wanted: held == wanted,
        "does_not_equal": lambda held, wanted: held != wanted,
        "greater_than": lambda held, wanted: held > wanted,
        "less_than": lambda held, wanted: held < wanted,
        "greater_than_or_equal_to": lambda held, wanted: held >= wanted,
        "less_than_or_equal_to": lambda held, wanted: held <= wanted,
    }
    name, wanted = _operator(given, path, (*tests, *_EXISTENCE))
    if name in _EXISTENCE:
        return _empty(name)
    sought, test = checks.a_number(wanted, f"{path}.{name}"), tests[name]
    return lambda held: name == "does_not_equal" if held is None else test(held, sought)


def _choice(prop: Property, given: Json, path: str) -> Match:
    name, wanted = _operator(given, path, ("equals", "does_not_equal", *_EXISTENCE))
    if name in _EXISTENCE:
        return _empty(name)
    sought = [checks.a_string(each, f"{path}.{name}") for each in (wanted if checks.is_array(wanted) else [wanted])]
    known = [option["name"] for option in prop.config["options"]]
    for each in sought:
        if each not in known:
            raise invalid(f'{prop.type} option "{each}" not found for property "{prop.name}".')
    return lambda held: (held in sought) is (name == "equals")


def _list(call: Call, kind: str, given: Json, path: str) -> Match:
    allowed = _EXISTENCE if kind == "files" else ("contains", "does_not_contain", *_EXISTENCE)
    name, wanted = _operator(given, path, allowed)
    if name in _EXISTENCE:
        return _empty(name)
    if kind == "multi_select":
        sought = [checks.a_string(each, f"{path}.{name}") for each in (wanted if checks.is_array(wanted) else [wanted])]
    elif kind in _PEOPLE and wanted == "me":
        sought = [call.bot.id]
    else:
        sought = [checks.an_id(wanted, f"{path}.{name}")]
    return lambda held: any(each in held for each in sought) is (name == "contains")


def _date(call: Call, given: Json, path: str) -> Match:
    tests: dict[str, Callable[[datetime, datetime], bool]] = {
        "equals": lambda held, wanted: held.date() == wanted.date() if _midnight(wanted) else held == wanted,
        "before": lambda held, wanted: held < wanted,
        "after": lambda held, wanted: held > wanted,
        "on_or_before": lambda held, wanted: held < wanted + timedelta(days=1) if _midnight(wanted) else held <= wanted,
        "on_or_after": lambda held, wanted: held >= wanted,
    }
    spans = ("this_week", *(f"{when}_{unit}" for when in ("past", "next") for unit in _DAYS))
    name, wanted = _operator(given, path, (*tests, *spans, *_EXISTENCE))
    if name in _EXISTENCE:
        return _empty(name)
    now = call.workspace.clock()
    if name in spans:
        only(an_object(wanted, f"{path}.{name}"), f"{path}.{name}", ())
        start, end = _span(name, now)
        return lambda held: held is not None and start <= held <= end
    sought, test = _relative(wanted, now) or an_instant(wanted, f"{path}.{name}"), tests[name]
    return lambda held: held is not None and test(held, sought)


def _midnight(moment: datetime) -> bool:
    return moment.time().isoformat() == "00:00:00"


def _span(name: str, now: datetime) -> tuple[datetime, datetime]:
    when, _, unit = name.partition("_")
    if when == "this":
        # A week of Notion's filters starts on Sunday.
        start = (now - timedelta(days=now.isoweekday() % 7)).replace(hour=0, minute=0, second=0, microsecond=0)
        return start, start + timedelta(days=7)
    length = timedelta(days=_DAYS[unit])
    return (now - length, now) if when == "past" else (now, now + length)


def _relative(wanted: object, now: datetime) -> datetime | None:
    days = {"today": 0, "tomorrow": 1, "yesterday": -1, "one_week_ago": -7, "one_week_from_now": 7}
    days |= {"one_month_ago": -30, "one_month_from_now": 30}
    if not isinstance(wanted, str) or wanted not in days:
        return None
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=days[wanted])
