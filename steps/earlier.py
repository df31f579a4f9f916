"""What an earlier attempt of a step may have done already."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from steps.http import Again, Lane

_MOST_MADE = 100


class Calls:
    """The calls of one attempt: how urgent they are, and what tells them from those of an earlier attempt.

    `since` is when the step was first tried, where this is a later attempt or the retry of a run.
    """

    def __init__(self, since: datetime | None, lane: Lane = "bulk") -> None:
        self.lane: Lane = lane
        self._since = since
        self._made: list[str] = []

    @property
    def again(self) -> Again | None:
        """What a write must look for before it is sent; None in the first attempt."""
        return None if self._since is None else Again(since=self._since, made=list(self._made))

    def note(self, answer: object) -> None:
        """Take in what a write made, so that no later one of this attempt is taken for it."""
        if self._since is None or not isinstance(answer, dict):
            return
        made = cast("dict[str, Any]", answer)
        listed: Any = made.get("results")
        for one in [made, *(cast("list[Any]", listed) if isinstance(listed, list) else [])]:
            if isinstance(one, dict) and isinstance(id := cast("dict[str, Any]", one).get("id"), str):
                self._made.append(id)
        del self._made[:-_MOST_MADE]
