"""JSON as it may come: what is no object or list counts as an empty one, or is told apart."""

from __future__ import annotations

import json
from typing import Any, TypeGuard

from temporalio.exceptions import ApplicationError


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Tell whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list(value: object) -> TypeGuard[list[Any]]:
    """Tell whether a value is a JSON array."""
    return isinstance(value, list)


def an_object(value: object) -> dict[str, Any]:
    """Return a JSON object, or an empty one."""
    return value if is_object(value) else {}


def a_list(value: object) -> list[Any]:
    """Return a JSON array, or an empty one."""
    return value if is_list(value) else []


def parse_object(text: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object that a text holds, or None."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if is_object(value) else None


def details_of(failure: BaseException | None) -> dict[str, Any]:
    """Return what travels with a failure beside its message, or an empty object."""
    return an_object(next(iter(failure.details), None)) if isinstance(failure, ApplicationError) else {}
