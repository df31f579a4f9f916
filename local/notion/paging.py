from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from local.notion.call import Call
from local.notion.checks import is_number
from local.notion.errors import Json, failed, invalid
from local.notion.objects import new_id

T = TypeVar("T")
MAX_PAGE = 100


def listed(
    call: Call, items: Sequence[T], key: Callable[[T], str], render: Callable[[T], Json], kind: str, limit: int = 0
) -> Json:
    """Return one page of a list; past `limit` items, if given, the list ends and says that it is incomplete."""
    reachable = items[:limit] if limit else items
    size, start = page_size(call), _start(call, reachable, key)
    end = start + size
    more = end < len(reachable)
    answer: Json = {
        "object": "list",
        "results": [render(item) for item in reachable[start:end]],
        "next_cursor": _cursor(call, key(reachable[end])) if more else None,
        "has_more": more,
        "type": kind,
        kind: {},
    }
    if not more and len(items) > len(reachable):
        answer["request_status"] = {"type": "incomplete", "incomplete_reason": "query_result_limit_reached"}
    return answer


def page_size(call: Call) -> int:
    """Return the page size that a call asks for: 1 to 100, which is also the default."""
    part, given = _given(call, "page_size")
    if given is None:
        return MAX_PAGE
    if part == "query":
        if not str(given).isdigit():
            raise failed("query.page_size", "a number", given)
        given = int(given)
    if not is_number(given) or not isinstance(given, int):
        raise failed("body.page_size", "a number", given)
    if given > MAX_PAGE:
        raise failed(f"{part}.page_size", f"≤ `{MAX_PAGE}`", given)
    if given < 1:
        raise failed(f"{part}.page_size", "≥ `1`", given)
    return given


def _start(call: Call, items: Sequence[T], key: Callable[[T], str]) -> int:
    part, cursor = _given(call, "start_cursor")
    if cursor is None:
        return 0
    if not isinstance(cursor, str):
        raise failed(f"{part}.start_cursor", "a string", cursor)
    scope, wanted = call.workspace.cursors.get(cursor, ("", ""))
    if scope != _scope(call):
        raise invalid(f"The start_cursor provided is invalid: {cursor}")
    for index, item in enumerate(items):
        if key(item) == wanted:
            return index
    raise invalid(f"The start_cursor provided is invalid: {cursor}")


def _cursor(call: Call, wanted: str) -> str:
    cursor = new_id()
    call.workspace.cursors[cursor] = (_scope(call), wanted)
    return cursor


def _scope(call: Call) -> str:
    """Return what a cursor belongs to: the same list, filtered and sorted the same way, for the same bot."""
    ignored = ("start_cursor", "page_size")
    asked = {key: value for key, value in {**call.query, **call.body}.items() if key not in ignored}
    return json.dumps([call.bot.id, call.url, asked], sort_keys=True)


def _given(call: Call, name: str) -> tuple[str, Any]:
    if name in call.query:
        return "query", call.query[name]
    return "body", call.body.get(name)
