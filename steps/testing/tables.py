"""The databases of a simulated Notion: their schemas, and the rows that a filter finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from steps.notion.filters import OPERATORS
from steps.notion.out import plain_value
from steps.notion.schema import OPTIONS, Property, Schema
from steps.notion.shaping import COMPUTED, KINDS
from steps.parts import a_list, an_object, is_list, is_object

IDS = re.compile(r"[\w.:-]{1,100}")  # a test names its pages as it likes
_LISTS = ("title", "rich_text", "multi_select", "people", "relation", "files")


def table(id: str, properties: Mapping[str, Any]) -> Schema:
    """Return the schema that a test declares: a type for each name, or a type with its options.

    Raises:
        ValueError: with what is wrong.
    """
    found: dict[str, Property] = {}
    for name, declared in properties.items():
        given = {declared: ()} if isinstance(declared, str) else dict(declared)
        if len(given) != 1:
            raise ValueError(f'{name}: write a type, or {{"status": ["Open", "Paid"]}}.')
        ((kind, options),) = given.items()
        if kind not in KINDS and kind not in COMPUTED:
            raise ValueError(f"{name}: {kind!r} is no type of a property; there are {', '.join([*KINDS, *COMPUTED])}.")
        if options and kind not in OPTIONS:
            raise ValueError(f"{name}: a property of the type {kind} has no options.")
        found[name] = Property("title" if kind == "title" else name, name, kind, tuple(options))
    if sum(prop.type == "title" for prop in found.values()) != 1:
        raise ValueError(f"The database {id!r} needs one property of the type title, as every database has.")
    return Schema(id, id, found, IDS)


def written(
    schema: Schema, properties: Mapping[str, Any], before: Mapping[str, Any] | None, at: datetime, number: int
) -> dict[str, Any]:
    """Return a row's properties by name, each with its id and type, after a write; `number` counts rows."""
    found = dict(before or {name: _shown(prop, _empty(prop.type)) for name, prop in schema.properties.items()})
    for key, value in properties.items():
        prop = schema.find(key)
        if prop is not None:
            found[prop.name] = _shown(prop, value if is_list(value) else an_object(value).get(prop.type))
    computed: dict[str, Any] = {"last_edited_time": at.isoformat()}
    if before is None:
        computed |= {"created_time": at.isoformat(), "unique_id": {"prefix": None, "number": number}}
    changed = {
        prop.name: _shown(prop, computed[prop.type]) for prop in schema.properties.values() if prop.type in computed
    }
    return found | changed


def with_new_options(schema: Schema, properties: Mapping[str, Any]) -> Schema:
    """Return the schema with the options that a write makes."""
    changed = dict(schema.properties)
    for key, value in properties.items():
        prop = schema.find(key)
        if prop is None or prop.type not in ("select", "multi_select"):
            continue
        held = an_object(value).get(prop.type)
        names = [an_object(option).get("name") for option in (held if is_list(held) else [held])]
        new = [name for name in names if isinstance(name, str) and name not in prop.options]
        changed[prop.name] = prop._replace(options=(*prop.options, *new))
    return schema._replace(properties=changed)


def matches(test: Mapping[str, Any], page: Mapping[str, Any]) -> bool:
    """Tell whether a filter finds a page.

    Raises:
        KeyError: the filter is none that is evaluated here.
    """
    if "and" in test:
        return all(matches(each, page) for each in test["and"])
    if "or" in test:
        return any(matches(each, page) for each in test["or"])
    if stamp := test.get("timestamp"):
        ((name, wanted),) = test[stamp].items()
        return _TESTS[name](page.get(stamp), wanted)
    kind = next(key for key in test if key not in ("property", "type"))
    ((name, wanted),) = test[kind].items()
    if kind not in OPERATORS:
        raise KeyError(kind)
    held = plain_value(an_object(page["properties"]).get(test["property"]))
    return _TESTS[name](held, wanted)


def ordered(pages: list[dict[str, Any]], sorts: list[Any]) -> list[dict[str, Any]]:
    """Return pages in the order of Notion's sorts; those with nothing there come last."""
    found = list(pages)
    for sort in reversed(sorts):
        name, stamp = sort.get("property"), sort.get("timestamp")
        keys = [(page.get(stamp) if stamp else plain_value(page["properties"].get(name)), page) for page in found]
        full = [(key, page) for key, page in keys if key not in (None, "", [])]
        down = sort.get("direction") == "descending"
        full.sort(key=lambda pair: _comparable(pair[0]), reverse=down)
        found = [page for _, page in full] + [page for key, page in keys if key in (None, "", [])]
    return found


def _shown(prop: Property, content: Any) -> dict[str, Any]:
    return {"id": prop.id, "type": prop.type, prop.type: content}


def _empty(kind: str) -> Any:
    return [] if kind in _LISTS else False if kind == "checkbox" else None


def _start(held: Any) -> Any:
    """Return when a range of dates begins."""
    return held.get("start") if is_object(held) else held


def _comparable(held: Any) -> Any:
    held = _start(held)
    return ", ".join(map(str, a_list(held))) if is_list(held) else held


def _folded(held: Any) -> Any:
    return held.casefold() if isinstance(held, str) else held


def _same(held: Any, wanted: Any) -> bool:
    """Notion compares texts without regard to case."""
    return _folded(held) == _folded(wanted)


def _holds(held: Any, wanted: Any) -> bool:
    return wanted in held if is_list(held) else isinstance(held, str) and str(_folded(wanted)) in held.casefold()


def _moment(held: Any) -> datetime | None:
    text = _start(held)
    if not isinstance(text, str):
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda held, wanted: held is not None and compare(held, wanted)


def _timed(compare: Callable[[datetime, datetime], bool]) -> Callable[[Any, Any], bool]:
    def test(held: Any, wanted: Any) -> bool:
        one, other = _moment(held), _moment(wanted)
        return one is not None and other is not None and compare(one, other)

    return test


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda held, wanted: _same(_start(held), wanted),
    "does_not_equal": lambda held, wanted: not _same(held, wanted),
    "contains": _holds,
    "does_not_contain": lambda held, wanted: not _holds(held, wanted),
    "starts_with": lambda held, wanted: str(_folded(held) or "").startswith(wanted.casefold()),
    "ends_with": lambda held, wanted: str(_folded(held) or "").endswith(wanted.casefold()),
    "is_empty": lambda held, _wanted: held in (None, "", []),
    "is_not_empty": lambda held, _wanted: held not in (None, "", []),
    "greater_than": _compared(lambda held, wanted: held > wanted),
    "less_than": _compared(lambda held, wanted: held < wanted),
    "greater_than_or_equal_to": _compared(lambda held, wanted: held >= wanted),
    "less_than_or_equal_to": _compared(lambda held, wanted: held <= wanted),
    "before": _timed(lambda held, wanted: held < wanted),
    "after": _timed(lambda held, wanted: held > wanted),
    "on_or_before": _timed(lambda held, wanted: held <= wanted),
    "on_or_after": _timed(lambda held, wanted: held >= wanted),
}
