"""The record of a run's steps: each attempt of each, in the order in which they ended."""

from __future__ import annotations

from datetime import datetime

from steps.branch import Branch
from steps.record import Outcome, StepRow
from steps.text import shown

MAX_JOURNAL_BYTES = 131_072  # with the steps that were running when the journal was full
MAX_ROWS = 1_000
_FULL_BYTES = 81_920
_MAX_ERROR = 120
_OVERHEAD = 70  # bytes of a row's JSON beside its texts


class Journal:
    """Keep the rows of this Temporal run, all of them: it rolls over before they are too many.

    The rows of the runs before it in the chain stay in their histories, as what they handed over.
    """

    def __init__(self, before: int) -> None:
        self.rows: list[StepRow] = []
        self.before = before
        self._bytes = 0

    @property
    def full(self) -> bool:
        """Tell whether the run should roll over."""
        return len(self.rows) >= MAX_ROWS or self._bytes >= _FULL_BYTES

    def add(
        self, branch: Branch, outcome: Outcome, began: datetime, ended: datetime, since: datetime, error: str | None
    ) -> None:
        """Add what became of an attempt; times are kept in seconds since the run's start."""
        text = None if error is None else shown(error, _MAX_ERROR)
        start, end = (round((at - since).total_seconds(), 3) for at in (began, ended))
        self.rows.append(StepRow(branch.action, branch.id, branch.attempt, start, end, outcome, text))
        self._bytes += _OVERHEAD + len(branch.action.encode()) + len((text or "").encode())
