"""Requests in the form of each version of Notion's API; they come in that of the newest."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from activities.notion.sources import Home
from steps.errors import RequestInvalid
from steps.http import NotionRequest
from steps.notion.versions import DATA_SOURCES, NEWEST
from steps.parts import an_object, is_object

Json = dict[str, Any]
Homes = Mapping[str, Home]
_HOLDER = re.compile(r"/v1/(databases|data_sources)/([^/]+)(/query)?")
_ROWS = re.compile(r"/v1/pages(/[^/]+/move)?")  # whose parent may be a database
_CHILDREN = re.compile(r"/v1/blocks/[^/]+/children")
_KINDS = ("database_id", "data_source_id")


def ids_of(request: NotionRequest) -> list[str]:
    """Return the ids of databases and data sources that a request names."""
    return [id for id, _ in _named(request)]


def loose_ids_of(request: NotionRequest, version: str) -> list[str]:
    """Return those that may well be of the other kind than the version asks for: they are looked up first."""
    return [id for id, kind in _named(request) if kind == "rows"] if version >= DATA_SOURCES else []


def translated(request: NotionRequest, version: str, homes: Homes) -> NotionRequest:
    """Return a request in the form of a version; `homes` are those of the ids that have been looked up.

    Raises:
        RequestInvalid: the version has no such request.
        NotionError: a database has several data sources, and it is not said which.
    """
    path, body = request.path, None if request.body is None else dict(request.body)
    if found := _HOLDER.fullmatch(path):
        path = _holder_path(found, version, homes)
    if path == "/v1/data_sources" and version < DATA_SOURCES:
        raise RequestInvalid(f"The version {version} has no data sources: use {DATA_SOURCES} or later.")
    if body is not None:
        body = _body(path, body, request.method, version, homes)
    return request.model_copy(update={"path": path, "body": body, "version": version, "adapt": False})


def _named(request: NotionRequest) -> Iterator[tuple[str, str]]:
    """Give each id, and whether it is to be that of "rows", whatever holds them, or of just what it is called."""
    body = request.body or {}
    if found := _HOLDER.fullmatch(request.path):
        yield unquote(found[2]), "rows" if found[1] == "data_sources" else "itself"
    parent = an_object(body.get("parent"))
    for kind in _KINDS:
        if isinstance(id := parent.get(kind), str):
            # A data source that is called so is one, most likely: no call is spent to be sure.
            rows = kind == "database_id" and _ROWS.fullmatch(request.path) is not None
            yield id, "rows" if rows else "itself"
    for relation in _relations(body):
        for kind in _KINDS:
            if isinstance(id := relation.get(kind), str):
                yield id, "rows" if kind == "database_id" else "itself"


def _relations(body: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for holder in (body, an_object(body.get("initial_data_source"))):
        for prop in an_object(holder.get("properties")).values():
            relation = an_object(an_object(prop).get("relation"))
            if relation:
                yield relation


def _holder_path(found: re.Match[str], version: str, homes: Homes) -> str:
    id, more = unquote(found[2]), found[3] or ""
    if found[1] == "data_sources" and version >= DATA_SOURCES:
        return f"/v1/data_sources/{quote(_source(id, homes), safe='')}{more}"
    return f"/v1/databases/{quote(_database(id, homes), safe='')}{more}"


def _source(id: str, homes: Homes) -> str:
    return homes[id].source(id) if id in homes else id


def _database(id: str, homes: Homes) -> str:
    return homes[id].database if id in homes else id


def _body(path: str, body: Json, method: str, version: str, homes: Homes) -> Json:
    parts: list[Callable[[Json], Json]] = [lambda body: _flagged(body, version)]
    if _ROWS.fullmatch(path):
        modern = version >= DATA_SOURCES or path.endswith("/move")
        parts.append(lambda body: _in_rows(body, homes, modern=modern))
    elif path == "/v1/data_sources":
        parts.append(lambda body: _in_database(body, homes))
    if path == "/v1/search":
        parts.append(lambda body: _searched(body, version))
    if _CHILDREN.fullmatch(path):
        parts.append(lambda body: _positioned(body, version))
    if path.startswith(("/v1/databases", "/v1/data_sources")):
        parts.append(lambda body: _related(body, version, homes))
    if path == "/v1/databases" and method == "POST":
        parts.append(lambda body: _with_schema(body, version))
    for part in parts:
        body = part(body)
    return body


def _flagged(body: Json, version: str) -> Json:
    """The flag of the trash has been renamed."""
    old, new = ("in_trash", "archived") if version < NEWEST else ("archived", "in_trash")
    return {new if name == old else name: value for name, value in body.items()}


def _in_rows(body: Json, homes: Homes, *, modern: bool) -> Json:
    parent = an_object(body.get("parent"))
    id = next((parent[kind] for kind in _KINDS if isinstance(parent.get(kind), str)), None)
    if id is None:
        return body
    if modern:
        # One that was not looked up may be either; what is called a data source is sent as one.
        kind = "data_source_id" if id in homes or "data_source_id" in parent else "database_id"
        return {**body, "parent": {"type": kind, kind: _source(id, homes)}}
    if id not in homes and "data_source_id" in parent:
        return body  # which every version takes
    return {**body, "parent": {"database_id": _database(id, homes)}}


def _in_database(body: Json, homes: Homes) -> Json:
    parent = an_object(body.get("parent"))
    id = next((parent[kind] for kind in _KINDS if isinstance(parent.get(kind), str)), None)
    return body if id is None else {**body, "parent": {"type": "database_id", "database_id": _database(id, homes)}}


def _searched(body: Json, version: str) -> Json:
    wanted = an_object(body.get("filter"))
    if wanted.get("value") not in ("database", "data_source"):
        return body
    return {**body, "filter": {**wanted, "value": "database" if version < DATA_SOURCES else "data_source"}}


def _positioned(body: Json, version: str) -> Json:
    position, after = an_object(body.get("position")), body.get("after")
    rest = {name: value for name, value in body.items() if name not in ("position", "after")}
    if version >= NEWEST:
        if not position and isinstance(after, str):
            position = {"type": "after_block", "after_block": {"id": after}}
        return {**rest, "position": position} if position else rest
    if position.get("type") == "start":
        raise RequestInvalid(
            f"The version {version} adds no blocks at the start: use {NEWEST}, or name the block before."
        )
    after = an_object(position.get("after_block")).get("id", after)
    return rest if after is None else {**rest, "after": after}


def _with_schema(body: Json, version: str) -> Json:
    source = an_object(body.get("initial_data_source"))
    if version >= DATA_SOURCES:
        if "properties" not in body:
            return body
        rest = {name: value for name, value in body.items() if name != "properties"}
        return {**rest, "initial_data_source": {**source, "properties": body["properties"]}}
    rest = {name: value for name, value in body.items() if name != "initial_data_source"}
    return {**rest, "properties": source.get("properties", body.get("properties"))}


def _related(body: Json, version: str, homes: Homes) -> Json:
    """Relations point at what holds the rows."""
    changed = dict(body)
    if is_object(body.get("properties")):
        changed["properties"] = {name: _relation(prop, version, homes) for name, prop in body["properties"].items()}
    if is_object(source := body.get("initial_data_source")):
        changed["initial_data_source"] = _related(source, version, homes)
    return changed


def _relation(prop: Any, version: str, homes: Homes) -> Any:
    relation = an_object(an_object(prop).get("relation"))
    id = next((relation[kind] for kind in _KINDS if isinstance(relation.get(kind), str)), None)
    if id is None:
        return prop
    rest = {name: value for name, value in relation.items() if name not in _KINDS}
    if version < DATA_SOURCES:
        return {**prop, "relation": {**rest, "database_id": _database(id, homes)}}
    kind = "data_source_id" if id in homes or "data_source_id" in relation else "database_id"
    return {**prop, "relation": {**rest, kind: _source(id, homes)}}
