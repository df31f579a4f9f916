"""Calls in the form of the newest version, as the other versions want them.

Source: developers.notion.com/docs/upgrade-guide-2025-09-03 and upgrade-guide-2026-03-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote, unquote

from activities.notion.sources import DATA_SOURCES, NEWEST
from steps.errors import RequestInvalid
from steps.http import NotionRequest

_SOURCE = re.compile(r"/v1/data_sources/([^/]+)(/query)?")
_DATABASE = re.compile(r"/v1/databases/([^/]+)")
_APPEND = re.compile(r"/v1/blocks/[^/]+/children")
_PARENTS = ("data_source_id", "database_id")


@dataclass(frozen=True)
class Target:
    """The database or data source that a call is about; `is_source` says which its author took it for."""

    id: str
    is_source: bool


def target_of(request: NotionRequest) -> Target | None:
    """Return what must be found before a call can be written in a version's form."""
    if found := _SOURCE.fullmatch(request.path):
        return Target(unquote(found[1]), is_source=True)
    if request.path == "/v1/pages" or (request.path.startswith("/v1/pages/") and request.path.endswith("/move")):
        parent = _parent(request)
        for kind in _PARENTS:
            if isinstance(id := parent.get(kind), str):
                return Target(id, is_source=kind == "data_source_id")
    found = _DATABASE.fullmatch(request.path)
    return Target(unquote(found[1]), is_source=False) if found else None


def needs_finding(request: NotionRequest, target: Target, version: str) -> bool:
    """Tell whether the id has to be found: not where Notion takes it in this version as it is."""
    if _DATABASE.fullmatch(request.path):
        return False
    return target.is_source or version >= DATA_SOURCES


def written(request: NotionRequest, version: str, found: tuple[str, str] | None) -> NotionRequest:
    """Return the call in a version's form; `found` are the ids of the database and of the data source it is about.

    Raises:
        RequestInvalid: this version has no such call.
    """
    path, body = request.path, dict(request.body) if request.body is not None else None
    if found is not None:
        path, body = _placed(path, body, version, *found)
    if body is not None:
        if version < DATA_SOURCES:
            _before_data_sources(path, body)
        if version < NEWEST:
            _before_newest(path, body, version)
    return request.model_copy(update={"path": path, "body": body, "version": version, "adapt": False})


def _placed(
    path: str, body: dict[str, Any] | None, version: str, database: str, source: str
) -> tuple[str, dict[str, Any] | None]:
    new = version >= DATA_SOURCES
    if match := _SOURCE.fullmatch(path):
        place = f"data_sources/{quote(source, safe='')}" if new else f"databases/{quote(database, safe='')}"
        return f"/v1/{place}{match[2] or ''}", body
    if body is not None:
        kind, id = ("data_source_id", source) if new else ("database_id", database)
        body["parent"] = {"type": kind, kind: id}
    return path, body


def _before_data_sources(path: str, body: dict[str, Any]) -> None:
    if path == "/v1/databases" and isinstance(first := body.pop("initial_data_source", None), dict):
        body |= cast("dict[str, Any]", first)
    wanted: Any = body.get("filter")
    if (
        path == "/v1/search"
        and isinstance(wanted, dict)
        and cast("dict[str, Any]", wanted).get("value") == "data_source"
    ):
        body["filter"] = {**wanted, "value": "database"}


def _before_newest(path: str, body: dict[str, Any], version: str) -> None:
    if version < DATA_SOURCES and "in_trash" in body:
        body["archived"] = body.pop("in_trash")
    if not _APPEND.fullmatch(path) or (position := body.pop("position", None)) is None:
        return
    place: dict[str, Any] = cast("dict[str, Any]", position) if isinstance(position, dict) else {}
    match place.get("type"):
        case "end":
            pass
        case "after_block":
            body["after"] = cast("Mapping[str, Any]", place.get("after_block") or {}).get("id")
        case _:
            raise RequestInvalid(f"Blocks are added at the start of a page from version {NEWEST} on, not in {version}.")


def _parent(request: NotionRequest) -> dict[str, Any]:
    parent: Any = (request.body or {}).get("parent")
    return cast("dict[str, Any]", parent) if isinstance(parent, dict) else {}
