"""Who looks on while a run goes its way: nobody, unless the worker's interceptor says so."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import datetime

from steps.branch import Branch
from steps.record import Outcome

UNDER_WAY: ContextVar[Branch | None] = ContextVar("UNDER_WAY", default=None)
"""The branch whose step the current task runs; None outside of steps."""


class Watch:
    """Be told of every attempt of a step, on replay again. What it does must not show in the run."""

    def began(self, branch: Branch, now: datetime) -> None:
        """Take in that a step was begun."""

    def ended(self, branch: Branch, outcome: Outcome, began: datetime, now: datetime, kind: str | None) -> None:
        """Take in how it ended; `kind` is the type of what it raised."""
