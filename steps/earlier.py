"""What an earlier attempt of a step, or of a call, may have done already."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

from steps.http import Again, Lane, OutsideCall
from steps.parts import a_list, an_object, details_of, is_object

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

    def in_lane(self, lane: Lane) -> Calls:
        """Return the same calls, as urgent as this says."""
        found = copy(self)
        found.lane = lane
        return found

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
    found = details_of(failure).get("tried")
    if not isinstance(request, OutsideCall) or not is_object(found):
        return request
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
    for one in (answer, *a_list(an_object(answer).get("results"))):
        if isinstance(id := an_object(one).get("id"), str):
            yield id
