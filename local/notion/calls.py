from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from local.notion.errors import Json


@dataclass
class CallRecord:
    """Hold one call as it arrived; the raw Authorization header proves which token was sent."""

    method: str
    path: str
    query: str
    authorization: str | None
    notion_version: str | None
    body: Any
    at: str
    status: int | None = None
    fault: str | None = None


class Calls:
    """Keep the calls that the stand-in had, in order."""

    def __init__(self) -> None:
        self._records: list[CallRecord] = []

    def add(self, record: CallRecord) -> None:
        """Keep a call; its status follows when it has been answered."""
        self._records.append(record)

    def clear(self) -> None:
        """Forget every call."""
        self._records.clear()

    def as_json(self) -> list[Json]:
        """Return every call."""
        return [asdict(record) for record in self._records]
