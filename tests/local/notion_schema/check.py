"""Hold what passes between a client and the stand-in to Notion's published types."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft7Validator

Json = dict[str, Any]

_SCHEMA = Path(__file__).with_name("notion.json")
_ENDPOINTS = tuple(
    (method, re.compile(path), request, response)
    for method, path, request, response in (
        ("POST", r"/v1/oauth/token", "OauthTokenRequest", "OauthToken"),
        ("POST", r"/v1/oauth/introspect", "OauthIntrospectRequest", "OauthIntrospect"),
        ("POST", r"/v1/oauth/revoke", "OauthRevokeRequest", "OauthRevoke"),
        ("GET", r"/v1/users", None, "UserList"),
        ("GET", r"/v1/users/[^/]+", None, "User"),
        ("POST", r"/v1/pages", "CreatePageRequest", "Page"),
        ("GET", r"/v1/pages/[^/]+", None, "Page"),
        ("PATCH", r"/v1/pages/(?P<page_id>[^/]+)", "UpdatePageRequest", "Page"),
        ("GET", r"/v1/pages/[^/]+/properties/[^/]+", None, "PropertyItem"),
        ("POST", r"/v1/databases", "CreateDatabaseRequest", "Database"),
        ("GET", r"/v1/databases/[^/]+", None, "Database"),
        ("PATCH", r"/v1/databases/(?P<database_id>[^/]+)", "UpdateDatabaseRequest", "Database"),
        ("POST", r"/v1/databases/(?P<data_source_id>[^/]+)/query", "QueryRequest", "QueryResults"),
        ("POST", r"/v1/data_sources", "CreateDataSourceRequest", "DataSource"),
        ("GET", r"/v1/data_sources/[^/]+", None, "DataSource"),
        ("PATCH", r"/v1/data_sources/(?P<data_source_id>[^/]+)", "UpdateDataSourceRequest", "DataSource"),
        ("POST", r"/v1/data_sources/(?P<data_source_id>[^/]+)/query", "QueryRequest", "QueryResults"),
        ("GET", r"/v1/blocks/[^/]+", None, "Block"),
        ("PATCH", r"/v1/blocks/(?P<block_id>[^/]+)", "UpdateBlockRequest", "Block"),
        ("DELETE", r"/v1/blocks/[^/]+", None, "Block"),
        ("GET", r"/v1/blocks/[^/]+/children", None, "BlockList"),
        ("PATCH", r"/v1/blocks/(?P<block_id>[^/]+)/children", "AppendBlocksRequest", "BlockList"),
        ("POST", r"/v1/comments", "CreateCommentRequest", "Comment"),
        ("GET", r"/v1/comments", None, "CommentList"),
        ("GET", r"/v1/comments/[^/]+", None, "Comment"),
        ("PATCH", r"/v1/comments/(?P<comment_id>[^/]+)", "UpdateCommentRequest", "Comment"),
        ("DELETE", r"/v1/comments/[^/]+", None, "Comment"),
        ("POST", r"/v1/pages/(?P<page_id>[^/]+)/move", "MovePageRequest", "Page"),
        ("GET", r"/v1/data_sources/[^/]+/templates", None, "TemplateList"),
        ("POST", r"/v1/search", "SearchRequest", "SearchResults"),
        ("POST", r"/v1/file_uploads", "CreateFileUploadRequest", "FileUpload"),
        ("GET", r"/v1/file_uploads", None, "FileUploadList"),
        ("GET", r"/v1/file_uploads/[^/]+", None, "FileUpload"),
        ("POST", r"/v1/file_uploads/[^/]+/(?:send|complete)", None, "FileUpload"),
    )
)
_OLD = "2022-06-28"
_NEWEST = "2026-03-11"


class TypeMismatch(AssertionError):
    """Say that something is not what Notion's types allow."""


@dataclass
class Exchange:
    """Hold one request and its answer."""

    method: str
    path: str
    version: str | None
    sent: Any
    status: int
    received: Any


def covers(method: str, path: str) -> bool:
    """Say whether there is a type for what is asked and answered there."""
    return any(method == each and pattern.fullmatch(path) for each, pattern, *_ in _ENDPOINTS)


def check(exchange: Exchange) -> None:
    """Check an exchange: what was accepted is of the request's type, and what was answered of the answer's."""
    for method, pattern, request, response in _ENDPOINTS:
        match = pattern.fullmatch(exchange.path)
        if method == exchange.method and match and exchange.status == 200:
            if request is not None:
                # The types hold the ids of the path beside the body.
                sent: Json = {**match.groupdict(), **(exchange.sent or {})}
                hold(request, expanded(sent, exchange.version), exchange.version)
            _check_answer(response, exchange)
            return
    if exchange.status >= 400 and isinstance(exchange.received, dict):
        check_error(exchange)


def hold(name: str, value: Any, version: str | None) -> None:
    """Refuse a value that is not of the named type."""
    validator: Any = _validator(name, version == _NEWEST)  # its stubs leave its own types open
    error = next(iter(validator.iter_errors(value)), None)
    if error is not None:
        raise TypeMismatch(f"{name}: {error.json_path}: {_deepest(error)}")


def expanded(sent: Json, version: str | None) -> Json:
    """Return a request as the types would have it: Notion takes more forms than they say."""
    sent = json.loads(json.dumps(sent))
    properties: Json = sent.get("properties") or {}
    for key, value in list(properties.items()):
        if isinstance(value, list):
            # The shorthand: a bare list for a title (or rich text, which differs in nothing).
            properties[key] = {"title": value}
    if version == _OLD:
        _modernise_request(sent)
    return sent


def check_error(exchange: Exchange) -> None:
    """Refuse an error that is in none of Notion's three forms."""
    body = cast("Json", exchange.received)
    if exchange.path.startswith("/v1/oauth/"):
        allowed, needed = {"error", "error_description", "request_id"}, {"error", "request_id"}
    elif exchange.status == 413:
        allowed = needed = {"isNotionError", "errorId", "name", "message", "code"}
    else:
        needed = {"object", "status", "code", "message", "request_id"}
        allowed = needed | {"additional_data"}
        if body.get("object") != "error" or body.get("status") != exchange.status:
            raise TypeMismatch(f"not an error of Notion's: {body}")
    if not needed <= set(body) <= allowed:
        raise TypeMismatch(f"not an error of Notion's: {body}")


def _check_answer(name: str, exchange: Exchange) -> None:
    received: Json = json.loads(json.dumps(exchange.received))
    if "object" in received and not isinstance(received.pop("request_id", None), str):
        raise TypeMismatch(f"{name}: the answer has no request_id")
    if exchange.version == _OLD:
        name = _modernise_answer(name, received)
    elif exchange.version == _NEWEST and '"archived"' in json.dumps(received):
        raise TypeMismatch(f"{name}: 2026-03-11 has no archived")
    hold(name, received, exchange.version)
    _check_keys(name, received, exchange.version)


def _check_keys(name: str, received: Json, version: str | None) -> None:
    """Refuse a key that the type does not name: the schema itself leaves objects open."""
    names = {
        "page": "Page",
        "database": "Database",
        "data_source": "DataSource",
        "file_upload": "FileUpload",
        "comment": "Comment",
    }
    answered: list[Json] = [received, *received.get("results", [])]
    for each in answered:
        if name := names.get(str(each.get("object")), ""):
            known = set(_schema(False)["definitions"][f"{name}ObjectResponse"]["properties"])
            if unknown := set(each) - known:
                raise TypeMismatch(f"{name}: {version} answered unknown keys {sorted(unknown)}")


def _modernise_request(sent: Json) -> None:
    """Turn a request of 2022-06-28 into the one that means the same in the types' version."""
    parent = sent.get("parent", {})
    if "page_id" in parent and "properties" in sent and "title" in sent:
        parent["type"] = "page_id"
        sent["initial_data_source"] = {"properties": sent.pop("properties")}
    if sent.get("filter", {}).get("value") == "database":
        sent["filter"]["value"] = "data_source"


def _modernise_answer(name: str, received: Json) -> str:
    """Turn an answer of 2022-06-28 into the one that means the same in the types' version.

    A page of that version has archived alone, and knows no lock. A database of that version is what later became its
    one data source: it has the schema inline, without descriptions.
    """
    for each in [received, *received.get("results", [])]:
        if "archived" not in each:
            continue
        if "in_trash" in each:
            raise TypeMismatch(f"{name}: 2022-06-28 has no in_trash")
        each["in_trash"] = each["archived"]
        if each["object"] == "page":
            if each["parent"]["type"] == "data_source_id":
                raise TypeMismatch("2022-06-28 knows no data sources")
            each.update(is_archived=each["archived"], is_locked=False)
        if each["object"] == "database":
            holder = {"type": "database_id", "database_id": each["id"]}
            each.update(object="data_source", database_parent=each["parent"], parent=holder)
            for config in each["properties"].values():
                config["description"] = None
    if received.get("type") == "page_or_database":
        received["type"], received["page_or_data_source"] = "page_or_data_source", received.pop("page_or_database")
    return "DataSource" if name == "Database" else name


@cache
def _schema(without_archived: bool) -> Json:
    schema: Json = json.loads(_SCHEMA.read_text(encoding="utf-8"))
    if without_archived:
        _drop_archived(schema)
    return schema


def _drop_archived(value: Any) -> None:
    """Take the older flag out of what is required: 2026-03-11 has it no more, and the types still ask for it."""
    if isinstance(value, dict):
        found = cast("Json", value)
        if isinstance(found.get("required"), list):
            found["required"] = [key for key in found["required"] if key != "archived"]
        for each in found.values():
            _drop_archived(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            _drop_archived(each)


@cache
def _validator(name: str, without_archived: bool) -> Draft7Validator:
    schema = {**_schema(without_archived), "$ref": f"#/definitions/{name}"}
    # A reference hides its siblings in this draft, so it stands within another keyword.
    return Draft7Validator({"definitions": schema["definitions"], "allOf": [{"$ref": schema["$ref"]}]})


def _deepest(error: Any) -> str:
    """Return the message of the alternative that came closest."""
    while error.context:
        error = max(error.context, key=lambda each: len(each.absolute_path))
    return f"{error.json_path}: {error.message[:300]}"
