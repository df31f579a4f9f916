"""How every process writes its log."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from temporalio import activity, workflow

if TYPE_CHECKING:
    from settings import Settings

_KEPT = ("step", "branch", "fields")
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
    handler.setFormatter(_Json() if settings.log_format == "json" else _Text())
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
    for name in _NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)
    for adapter in (workflow.logger, activity.logger):
        # Their dictionary repeats in each line what the formatter picks from the record.
        for flag in ("workflow_info_on_message", "activity_info_on_message"):
            if hasattr(adapter, flag):
                setattr(adapter, flag, False)


def _run(record: logging.LogRecord) -> str | None:
    for name in ("temporal_workflow", "temporal_activity"):
        info: dict[str, Any] | None = getattr(record, name, None)
        if info:
            return info.get("workflow_id")
    return None


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        run = _run(record)
        where = f" [{run}{f' {step}' if (step := getattr(record, 'step', None)) else ''}]" if run else ""
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
        if run := _run(record):
            line["run"] = run
        line |= {name: value for name in _KEPT if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)
