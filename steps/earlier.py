"""What an earlier attempt of a step, or of a call, may have done already."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from temporalio.exceptions import ApplicationError

from steps.http import Again, Lane, OutsideCall

T = TypeVar("T")
_MOST_MADE = 100
_WRITES = frozenset({"POST", "PATCH"})


class Calls:
    """The calls of one attempt: how urgent they are, and what tells them from those of an earlier attempt.

    `since` is when the step was first tried, where this is a later attempt or the retry of a run.
    """

    def __init__(self, since: datetime | None, lane: Lane = "bulk") -> None:
        self.lane: Lane = lane
        self._since = since
        self._made: defaultdict[str, list[str]] = defaultdict(list)

    def going(self, lane: Lane) -> Calls:
        """Return the same calls in another lane."""
        other = Calls(self._since, lane)
        other._made = self._made
        return other

    def again(self, method: str, place: str, body: Any) -> Again | None:
        """Return what a call must look for before it is sent, and what it must not take for its own."""
        made = self._made.get(_digest(method, place, body), []) if method in _WRITES else []
        return Again(since=self._since, made=list(made)) if self._since or made else None

    def note(self, method: str, place: str, body: Any, answer: object) -> None:
        """Take in what a write made, so that no identical one of this attempt is taken for it."""
        if method in _WRITES:
            made = self._made[_digest(method, place, body)]
            made += _ids(answer)
            del made[:-_MOST_MADE]


def tried_before(request: T, failure: BaseException | None) -> T:
    """Return a call for the activity that follows one which ended in a pause, and which may have made it already."""
    if not isinstance(request, OutsideCall) or not isinstance(failure, ApplicationError):
        return request
    details: Any = failure.details[0] if failure.details else None
    tried: Any = cast("dict[str, Any]", details).get("tried") if isinstance(details, dict) else None
    if not isinstance(tried, dict):
        return request
    found = cast("dict[str, Any]", tried)
    again = Again(
        since=datetime.fromisoformat(found["since"]),
        made=request.again.made if request.again else [],
        open=datetime.fromtimestamp(found["open"], UTC) if found.get("open") else None,
    )
    return cast("T", request.model_copy(update={"again": again}))


def _digest(method: str, place: str, body: Any) -> str:
    text = json.dumps([method, place, body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _ids(answer: object) -> Iterator[str]:
    if not isinstance(answer, dict):
        return
    made = cast("dict[str, Any]", answer)
    listed: Any = made.get("results")
    for one in [made, *(cast("list[Any]", listed) if isinstance(listed, list) else [])]:
        if isinstance(one, dict) and isinstance(id := cast("dict[str, Any]", one).get("id"), str):
            yield id
