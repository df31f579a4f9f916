"""Payloads: JSON on the way, checked against what a step declares."""

from __future__ import annotations

import json
import typing
from types import SimpleNamespace
from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError, to_jsonable_python

from steps.errors import DefinitionInvalid, PayloadInvalid, PayloadTooLarge

MAX_PAYLOAD_BYTES = 262_144
MAX_RESULT_BYTES = 262_144
_ADAPTER = "_steps_adapter"


def to_json(value: Any, what: str, *, limit: int = MAX_PAYLOAD_BYTES) -> tuple[Any, int]:
    """Return a value as plain JSON, with its size in bytes. Models, dates, decimals and sets become their JSON forms.

    Raises:
        PayloadInvalid: something in it has no JSON form.
        PayloadTooLarge: it is over `limit` bytes.
    """
    try:
        plain = to_jsonable_python(value, by_alias=True)
        size = json_size(plain)
    except (PydanticSerializationError, ValueError, TypeError, RecursionError) as error:
        raise PayloadInvalid(f"{what} is not JSON: {error}. Use numbers, texts, booleans, lists and dicts.") from None
    if size > limit:
        raise PayloadTooLarge(
            f"{what} has {size} bytes; the limit is {limit}. Pass an id or an address, and read the rest in the step."
        )
    return plain, size


def json_size(plain: Any) -> int:
    """Return the bytes of plain JSON, as Temporal stores it.

    Raises:
        ValueError, TypeError, RecursionError: it is none.
    """
    return len(json.dumps(plain, allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode())


def check(workflow: type, action: str, payload: Any) -> Any:
    """Return the payload as the type that the step declares for `data`; unchanged when it declares none.

    Raises:
        PayloadInvalid: each wrong field is named, with what is wrong about it.
    """
    adapter = _adapter(getattr(workflow, action))
    if adapter is None:
        return payload
    try:
        return adapter.validate_python(payload)
    except ValidationError as error:
        raise PayloadInvalid(
            f"The payload of {workflow.__name__}.{action} is not what it declares: {describe(error)}"
        ) from None


def describe(error: ValidationError) -> str:
    """Name each field that is wrong, and what is wrong about it, without the values."""
    problems = error.errors(include_input=False, include_url=False)
    return "; ".join(_problem(problem["loc"], problem["msg"]) for problem in problems)


def _problem(location: tuple[int | str, ...], message: str) -> str:
    field = ".".join(str(part) for part in location)
    return f"field `{field}`: {message}" if field else message


def _adapter(step: Any) -> TypeAdapter[Any] | None:
    """Build a step's adapter once, and keep it on the function: both end with the run whose sandbox made them."""
    kept: dict[str, Any] = step.__dict__
    if _ADAPTER not in kept:
        declared = declared_type(step)
        kept[_ADAPTER] = None if declared is None else TypeAdapter[Any](declared)
    return kept[_ADAPTER]


def declared_type(step: Any) -> Any:
    """Return the type of a step's `data` parameter, or None when there is none to check.

    Only this one annotation is read, so that the others may name what only a type checker imports.
    """
    code, annotations = step.__code__, step.__annotations__
    name = code.co_varnames[1] if code.co_argcount > 1 else ""
    if name not in annotations:
        return None
    holder = SimpleNamespace(__annotations__={name: annotations[name]})
    try:
        declared = typing.get_type_hints(holder, globalns=step.__globals__)[name]
    except Exception as error:
        raise DefinitionInvalid(f"{step.__qualname__}: the type of `{name}` cannot be read: {error}") from None
    return None if declared in (Any, object) else declared
