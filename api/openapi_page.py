"""The OpenAPI document as rows for a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One operation, as the page shows it."""

    method: str
    path: str
    tag: str
    summary: str
    description: str
    needs_key: bool
    scopes: list[str]
    parameters: list[tuple[str, str, str]]
    answers: list[tuple[str, str]]


def operations(document: dict[str, Any]) -> list[Operation]:
    """Return the operations in the document's order."""
    return [
        _operation(method, path, item)
        for path, methods in document.get("paths", {}).items()
        for method, item in methods.items()
    ]


def _operation(method: str, path: str, item: dict[str, Any]) -> Operation:
    return Operation(
        method=method.upper(),
        path=path,
        tag=next(iter(item.get("tags", [])), "Other"),
        summary=item.get("summary", ""),
        description=item.get("description", ""),
        needs_key=bool(item.get("security")),
        scopes=[scope for scheme in item.get("security", []) for scopes in scheme.values() for scope in scopes],
        parameters=[
            (parameter["name"], parameter["in"], parameter.get("description", ""))
            for parameter in item.get("parameters", [])
        ],
        answers=[
            (status, answer.get("description", "")) for status, answer in sorted(item.get("responses", {}).items())
        ],
    )
