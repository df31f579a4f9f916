"""The OpenAPI document as rows for a page."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from typing import Any

from api.examples import PARAMETERS

_JSON = "application/json"
_OF_KEYS = ("401", "403", "429")  # said once, for every operation that needs a key


@dataclass(frozen=True)
class Operation:
    """One operation, as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    needs_key: bool
    scopes: list[str]
    parameters: list[tuple[str, str, str]]
    answers: list[tuple[str, str]]
    problems: list[tuple[str, list[str]]]
    curl: str
    answer: str | None
    """The example of the main answer, as JSON."""


@dataclass(frozen=True)
class Section:
    """The operations of one tag."""

    anchor: str
    name: str
    about: str
    operations: list[Operation]


def sections(document: dict[str, Any], public_url: str) -> list[Section]:
    """Return the operations by tag, in the document's order of tags."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document.get("tags", [])}
    about = {tag["name"]: tag.get("description", "") for tag in document.get("tags", [])}
    for path, methods in document.get("paths", {}).items():
        for method, item in methods.items():
            tag = next(iter(item.get("tags", [])), "Other")
            found.setdefault(tag, []).append(_operation(method, path, item, public_url))
    return [Section(_anchor(name), name, about.get(name, ""), rows) for name, rows in found.items() if rows]


def _operation(method: str, path: str, item: dict[str, Any], public_url: str) -> Operation:
    answers = sorted(item.get("responses", {}).items())
    return Operation(
        anchor=_anchor(f"{method} {path}"),
        method=method.upper(),
        path=path,
        summary=item.get("summary", ""),
        description=item.get("description", ""),
        needs_key=bool(item.get("security")),
        scopes=[scope for scheme in item.get("security", []) for scopes in scheme.values() for scope in scopes],
        parameters=[
            (parameter["name"], parameter["in"], parameter.get("description", ""))
            for parameter in item.get("parameters", [])
        ],
        answers=[(status, answer.get("description", "")) for status, answer in answers if not _types(answer)],
        problems=[
            (status, types)
            for status, answer in answers
            if (types := _types(answer)) and not (status in _OF_KEYS and item.get("security"))
        ],
        curl=_curl(method, path, item, public_url),
        answer=_main_answer(item),
    )


def _types(answer: dict[str, Any]) -> list[str]:
    return list(answer.get("content", {}).get("application/problem+json", {}).get("examples", {}))


def _curl(method: str, path: str, item: dict[str, Any], public_url: str) -> str:
    address = re.sub(r"\{(\w+)\}", lambda found: PARAMETERS.get(found[1], found[1]), path)
    line = ["curl", *(["-X", method.upper()] if method != "get" else []), f"{public_url}{address}"]
    if item.get("security"):
        line.append('-H "Authorization: Bearer $KEY"')
    body = item.get("requestBody", {}).get("content", {}).get(_JSON, {}).get("example")
    if body is not None:
        line += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"]
    return " ".join(line)


def _main_answer(item: dict[str, Any]) -> str | None:
    for status, answer in sorted(item.get("responses", {}).items()):
        example = answer.get("content", {}).get(_JSON, {}).get("example")
        if status < "300" and example is not None:
            return json.dumps(example, indent=1, ensure_ascii=False)
    return None


def _anchor(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
