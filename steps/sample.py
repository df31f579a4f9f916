"""A payload to try a workflow out with, made from what its `start` says that it takes."""

from __future__ import annotations

import ast
import json
from functools import cache
from typing import Any, cast

from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

from steps.payload import declared_type
from steps.source import tree_of
from steps.workflow import Workflow

_DEEPEST = 6
_FORMATS = {
    "date-time": "2026-01-31T12:00:00Z", "date": "2026-01-31", "time": "12:00:00Z", "duration": "P1D",
    "email": "ada@example.com", "uri": "https://example.com/", "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1", "ipv6": "2001:db8::1",
}  # fmt: skip


@cache
def sample_text(cls: type[Workflow]) -> str:
    """Return a sample of the payload as JSON: of the type that `start` declares, else with the fields that it reads."""
    return json.dumps(_sample_of(cls), indent=2, ensure_ascii=False, default=str)


def _sample_of(cls: type[Workflow]) -> Any:
    declared = declared_type(_start(cls))
    if declared is None:
        return _fields_read(cls)
    try:
        schema = TypeAdapter[Any](declared).json_schema()
    except PydanticUserError:  # a type without a JSON schema
        return {}
    return _example(schema, schema.get("$defs", {}), _DEEPEST)


def _start(cls: Any) -> Any:
    return cls.start  # which every workflow has, and the base has not


def _example(schema: dict[str, Any], named: dict[str, Any], depth: int) -> Any:
    """Return a value that the schema describes; constraints beyond the simple ones are for whoever edits it."""
    if reference := schema.get("$ref"):
        return _example(named.get(reference.rpartition("/")[2], {}), named, depth - 1) if depth else None
    for given in ("example", "default", "const"):
        if given in schema:
            return schema[given]
    for given in ("examples", "enum"):
        if schema.get(given):
            return schema[given][0]
    for given in ("anyOf", "oneOf", "allOf"):
        if choices := schema.get(given):
            return _example(choices[0], named, depth)
    return _by_type(schema, named, depth)


def _by_type(schema: dict[str, Any], named: dict[str, Any], depth: int) -> Any:
    match schema.get("type"):
        case "object" if depth:
            return {name: _example(one, named, depth - 1) for name, one in schema.get("properties", {}).items()}
        case "object":
            return {}
        case "array":
            return _items(schema, named, depth)
        case "string":
            text = _FORMATS.get(schema.get("format", ""), "text")
            return text.ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength")]
        case "integer":
            return _number(schema, 1)
        case "number":
            return _number(schema, 1.5)
        case "boolean":
            return True
        case _:
            return None


def _items(schema: dict[str, Any], named: dict[str, Any], depth: int) -> list[Any]:
    if "prefixItems" in schema:
        return [_example(one, named, depth - 1) for one in schema["prefixItems"]] if depth else []
    one = _example(schema.get("items", {}), named, depth - 1) if depth else None
    return [] if one is None else [one] * max(1, schema.get("minItems", 1))


def _number(schema: dict[str, Any], usual: float) -> float:
    usual = schema.get("multipleOf", usual)
    least = schema.get("minimum", schema.get("exclusiveMinimum"))
    most = schema.get("maximum", schema.get("exclusiveMaximum"))
    if least is not None and most is not None and not least < usual < most:
        middle = (least + most) / 2
        return int(middle) if schema["type"] == "integer" else middle
    if least is not None and usual <= least:
        return least + ("exclusiveMinimum" in schema)
    return most - ("exclusiveMaximum" in schema) if most is not None and usual >= most else usual


def _fields_read(cls: type[Workflow]) -> dict[str, Any]:
    """Return the fields that `start` reads of its data by name; each a text that is a number, too."""
    start = _start(cls)
    tree, name = tree_of(start), start.__code__.co_varnames[1]
    found: dict[str, Any] = {}
    for node in ast.walk(tree) if tree else ():
        _put(found, _path(node, name))
    return found


def _path(node: ast.AST, name: str) -> list[str]:
    """Return the keys of `data["customer"]["email"]` or `data.get("customer")`; none of anything else."""
    match node:
        case ast.Subscript(value=value, slice=ast.Constant(value=str(key))):
            pass
        case ast.Call(func=ast.Attribute(value=value, attr="get"), args=[ast.Constant(value=str(key)), *_]):
            pass
        case _:
            return []
    if isinstance(value, ast.Name):
        return [key] if value.id == name else []
    return [*above, key] if (above := _path(value, name)) else []


def _put(found: dict[str, Any], path: list[str]) -> None:
    for key in path[:-1]:
        inner = found.get(key)
        if not isinstance(inner, dict):
            inner = found[key] = {}
        found = cast("dict[str, Any]", inner)
    if path:
        found.setdefault(path[-1], "1")
