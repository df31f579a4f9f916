"""The error for a record that does not fit its database; it belongs to the hierarchy of `steps.errors`."""

from __future__ import annotations

from typing import Any, ClassVar

from steps.errors import RequestInvalid


class RecordInvalid(RequestInvalid):
    """Name every property that is wrong, and what the database wants; nothing was sent.

    `problems` holds, for each, `property`, `problem`, the type that is `wanted`, and the `closest` name there is.
    """

    type: ClassVar[str] = "record-invalid"

    def __init__(self, message: str, *, problems: list[dict[str, Any]] | None = None) -> None:
        super().__init__(message)
        self.problems = problems or []

    def details(self) -> dict[str, Any]:
        """Return the problems."""
        return {"problems": self.problems}
