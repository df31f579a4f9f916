"""Lists of a simulated Notion, page by page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def page_of(rows: list[dict[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the page of a list that is asked for by `start_cursor` and `page_size`."""
    start, size = int(asked.get("start_cursor") or 0), int(asked.get("page_size") or 100)
    following = start + size if start + size < len(rows) else None
    return {
        "object": "list", "results": rows[start : start + size], "has_more": following is not None,
        "next_cursor": None if following is None else str(following),
    }  # fmt: skip
