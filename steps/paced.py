from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError

from steps.errors import StepsError


class Paced(StepsError):
    """Say for how many seconds a call must wait for its connection's turn; nothing was sent, and steps never see it."""

    type: ClassVar[str] = "paced"

    def __init__(self, message: str, *, handle: str, wait: float) -> None:
        super().__init__(message)
        self.handle, self.wait = handle, wait

    def details(self) -> dict[str, Any]:
        """Return what the run needs for its wait, in seconds."""
        return {"handle": self.handle, "wait": self.wait}

    def to_failure(self, *, next_retry_delay: timedelta | None = None, retryable: bool | None = None) -> FailureError:
        """Return it as what is nothing for an operator's log."""
        del next_retry_delay, retryable  # the run waits, and Temporal does not try again
        category = ApplicationErrorCategory.BENIGN
        return ApplicationError(str(self), self.details(), type=self.type, non_retryable=True, category=category)
