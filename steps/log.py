"""A run's log: in order, bounded, kept with the run."""

from __future__ import annotations

import json
from typing import Any

from pydantic_core import PydanticSerializationError, to_jsonable_python
from temporalio import workflow

from steps.record import Level, LogLine
from steps.text import shown

MAX_LINES = 1_000
MAX_LINE_CHARACTERS = 4_000
MAX_BYTES = 196_608
_OVERHEAD = 120  # bytes of a line's JSON beside its message, fields and step
_LEVELS: dict[Level, int] = {"info": 20, "warning": 30, "error": 40}


class RunLog:
    """Keep the newest lines: 1,000 of them and 192 KiB at most; `dropped` counts the older ones that made room."""

    def __init__(self, lines: list[LogLine], dropped: int) -> None:
        self.lines, self.dropped = list(lines), dropped
        self._bytes = sum(_size(line) for line in self.lines)

    def add(
        self, level: Level, message: object, *, step: str | None, branch: int | None, fields: dict[str, Any]
    ) -> None:
        """Add a line, and write it to the worker's own log (not again on replay)."""
        line = LogLine(
            at=workflow.now(),
            level=level,
            step=step,
            branch=branch,
            message=shown(message, MAX_LINE_CHARACTERS),
            fields=_plain(fields),
        )
        self.lines.append(line)
        self._bytes += _size(line)
        while len(self.lines) > MAX_LINES or (self._bytes > MAX_BYTES and len(self.lines) > 1):
            self._bytes -= _size(self.lines.pop(0))
            self.dropped += 1
        workflow.logger.log(
            _LEVELS[level], "%s", line.message, extra={"step": step, "branch": branch, "fields": line.fields}
        )


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    """Make fields JSON, whatever they are: a log line must not fail a step."""
    try:
        plain: dict[str, Any] = to_jsonable_python(fields, fallback=_repr, inf_nan_mode="strings")
        size = _json_size(plain)
    except (PydanticSerializationError, ValueError, TypeError, RecursionError):
        return {"fields": shown(fields, MAX_LINE_CHARACTERS)}
    return plain if size <= MAX_LINE_CHARACTERS else {"fields": shown(plain, MAX_LINE_CHARACTERS)}


def _repr(value: object) -> str:
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__name__}>"


def _json_size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def _size(line: LogLine) -> int:
    return _json_size(line.message) + _json_size(line.fields) + len(line.step or "") + _OVERHEAD
