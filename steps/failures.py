"""The failed steps of a run."""

from __future__ import annotations

import traceback
from datetime import datetime
from pathlib import Path

from temporalio.exceptions import ApplicationError

from steps.branch import Branch
from steps.errors import StepsError
from steps.record import StepFailure
from steps.text import shown

MAX_FAILURES = 500
MAX_BYTES = 131_072  # of what is kept, so that a record and what a roll-over carries fit one payload
_MAX_MESSAGE = 2_000
_HERE, _STDLIB = Path(__file__).parent, Path(traceback.__file__).parent
_OVERHEAD = 150  # bytes of a failure's JSON beside its message


class Failures:
    """Keep the first failures, as many as fit; count them all."""

    def __init__(self, kept: list[StepFailure], count: int) -> None:
        self.kept, self.count = list(kept), count
        self._bytes = sum(_size(failure) for failure in kept)
        self._first: BaseException | None = None

    def add(self, branch: Branch, error: BaseException, at: datetime) -> StepFailure:
        """Take what a step raised; return it as it is kept."""
        failure = StepFailure(
            step=branch.action,
            branch=branch.id,
            type=kind_of(error),
            message=shown(error, _MAX_MESSAGE),
            at=at,
            where=_where(error),
            attempt=branch.attempt,
        )
        self.count += 1
        self._bytes += _size(failure)
        if not self.kept or (len(self.kept) < MAX_FAILURES and self._bytes <= MAX_BYTES):
            self.kept.append(failure)
        self._first = self._first or error
        return failure

    @property
    def message(self) -> str:
        """Name the first failed step and what it raised, and count the others."""
        first = self.kept[0]
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        return f"Step {first.step} failed{more}: {first.type}: {first.message}"

    def cause(self) -> ApplicationError | None:
        """Return the first failure with its stack trace, if this run has seen it.

        It stands in for the exception, whose own causes may be thousands, or a circle; Temporal follows them all.
        """
        if self._first is None:
            return None
        first = self.kept[0]
        return ApplicationError(first.message, type=first.type).with_traceback(self._first.__traceback__)


def kind_of(error: BaseException) -> str:
    """Return an error's stable type, or the exception's class name."""
    kind = error.type if isinstance(error, (StepsError, ApplicationError)) else None
    return shown(kind or type(error).__name__, 100)


def _where(error: BaseException) -> str | None:
    """Return the author's own line that raised, as `order_to_notion.py:21`: the last one outside of this package."""
    place = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        path = Path(frame.f_code.co_filename)
        if path.parent != _HERE and "site-packages" not in path.parts and path.parent != _STDLIB:
            place = f"{path.name}:{line}"
    return place


def _size(failure: StepFailure) -> int:
    return len(failure.message.encode()) + len(failure.type) + len(failure.step) + _OVERHEAD
