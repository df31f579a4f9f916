"""How every process writes its log."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from temporalio import activity, workflow

from telemetry.ids import trace_of
from telemetry.place import here
from telemetry.recording import is_traced

if TYPE_CHECKING:
    from settings import Settings

PLACE = ("run", "workflow", "step", "branch", "attempt", "call", "connection", "trace")
_TEMPORAL = {"run": "workflow_id", "workflow": "workflow_type", "call": "activity_type"}
_NOISY = (
    "httpx",
    "httpcore",
    "aiosqlite",
    "sqlalchemy.engine",
    "alembic",
    "uvicorn.access",
    "temporalio.worker._activity",  # at DEBUG, whole results: resume links, what a fetch answered
)  # they log addresses and values


def configure_logging(settings: Settings) -> None:
    """Write to standard error, a line an event: text for people, JSON for machines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(make_formatter(settings.log_format))
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for adapter in (workflow.logger, activity.logger):
        # Their dictionary repeats in each line what the formatter picks from the record.
        for flag in ("workflow_info_on_message", "activity_info_on_message"):
            if hasattr(adapter, flag):
                setattr(adapter, flag, False)


def make_formatter(log_format: str) -> logging.Formatter:
    """Return what makes a line of a record: `text` for people, `json` for machines."""
    return _Json() if log_format == "json" else _Text()


def place_of(record: logging.LogRecord) -> dict[str, Any]:
    """Return where a line belongs: run, workflow, step, branch, attempt, call and connection, as far as they are known.

    What the line itself says wins, then what Temporal's loggers know, then the task in which it is written.
    """
    found = here()
    for name in ("temporal_workflow", "temporal_activity"):
        info: dict[str, Any] = getattr(record, name, None) or {}
        found |= {ours: info[theirs] for ours, theirs in _TEMPORAL.items() if info.get(theirs)}
    found |= {name: value for name in PLACE if (value := getattr(record, name, None)) is not None}
    if "run" in found and is_traced(trace := trace_of(found["run"])):
        found["trace"] = trace
    return {name: found[name] for name in PLACE if name in found}


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        place = place_of(record)
        names = [place[name] for name in ("run", "step") if name in place]
        where = f" [{' '.join(names)}]" if "run" in place else ""
        at = datetime.fromtimestamp(record.created, UTC)
        line = f"{at:%H:%M:%S} {record.levelname.lower():7} {record.name}{where} {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= place_of(record)
        if fields := getattr(record, "fields", None):
            line["fields"] = fields
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
