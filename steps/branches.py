"""The bookkeeping of a run's branches: which are armed, which run, which failed. Pure: no clock, no Temporal."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

from steps.batch import ROW_BYTES, Kind, head_bytes, kind
from steps.branch import Branch, Member
from steps.budget import Budget
from steps.errors import BranchLimitExceeded
from steps.payload import MAX_PAYLOAD_BYTES
from steps.wait import Wait

MAX_ARMED = 10_000
_EARLY = timedelta(milliseconds=1)


class Branches:
    """Armed branches by due time, then by number; running and failed ones by number.

    No branch is ever in two of them, or lost. Each takes its room until its step has succeeded: a failed one is kept,
    so that the run can be retried from there.
    """

    def __init__(self, armed: Iterable[tuple[Branch, int]], next_id: int, budget: Budget | None = None) -> None:
        self.budget = budget or Budget()
        self._heap: list[tuple[datetime, int]] = []
        self._armed: dict[int, Branch] = {}
        self._waiting: dict[str, int] = {}  # the branches that wait for an event, by the wait's id
        self._held: dict[int, tuple[Branch, int]] = {}  # every branch with its payload's size
        self._kinds: Counter[Kind] = Counter()
        self.running: dict[int, Branch] = {}
        self.failed: dict[int, Branch] = {}
        self.next_id = next_id
        for branch, size in armed:
            self._hold(branch, size)
            self._put(branch)

    @property
    def armed_count(self) -> int:
        """How many branches wait."""
        return len(self._armed)

    @property
    def finished(self) -> bool:
        """Tell whether nothing is left to run."""
        return not self._armed and not self.running

    @property
    def armed(self) -> list[Branch]:
        """The waiting branches, the next one first."""
        return sorted(self._armed.values(), key=lambda branch: (branch.due, branch.id))

    def following(self, count: int) -> list[Branch]:
        """Return the next waiting branches, a few, without sorting all of them: a heap has them near its top."""
        near = {number: due for due, number in self._heap[: 2**count - 1]}
        found = [branch for number, due in near.items() if (branch := self._armed.get(number)) and branch.due == due]
        return sorted(found, key=lambda branch: (branch.due, branch.id))[:count]

    def keep_failed(self, failed: Iterable[tuple[Branch, int]]) -> None:
        """Take the branches that failed before a roll-over."""
        for branch, size in failed:
            self._hold(branch, size)
            self.failed[branch.id] = branch

    def fits(self, branch: Branch) -> bool:
        """Tell whether a running branch could be armed again: what a run starts with may be larger than a payload."""
        return self._held[branch.id][1] <= MAX_PAYLOAD_BYTES

    def reserve(self, count: int, size: int, instead: Branch | None = None) -> None:
        """Refuse what would not fit; `size` is in bytes, and `instead` the branch that ends with it.

        Raises:
            BranchLimitExceeded, PayloadTooLarge: nothing was armed.
        """
        if len(self._armed) + count > MAX_ARMED:
            raise BranchLimitExceeded(f"A run holds at most {MAX_ARMED} waiting branches; this would be one too many.")
        self.budget.check(size - (self._held[instead.id][1] if instead else 0))

    def take_id(self) -> int:
        """Return a new number."""
        self.next_id += 1
        return self.next_id - 1

    def arm(
        self,
        action: str,
        due: datetime,
        payload: object,
        size: int,
        parent: int | None,
        wait: Wait | None = None,
        member: Member | None = None,
    ) -> Branch:
        """Add a branch under the next number."""
        branch = Branch(
            id=self.take_id(), action=action, due=due, payload=payload, parent=parent, wait=wait, member=member
        )
        self._hold(branch, size)
        self._put(branch)
        return branch

    def waiting(self, wait_id: str) -> Branch | None:
        """Return the armed branch that waits for this event."""
        number = self._waiting.get(wait_id)
        return None if number is None else self._armed[number]

    def withdraw(self, wait_id: str) -> Branch | None:
        """Forget the armed branch that waits for this event; return it."""
        number = self._waiting.get(wait_id)
        if number is None:
            return None
        branch = self._remove(number)
        self._release(number)
        return branch

    def fire(self, wait_id: str, now: datetime, payload: object, size: int) -> None:
        """Let the branch that waits for this event be due now, with another payload."""
        branch = self._remove(self._waiting[wait_id])
        self._rearm(branch.model_copy(update={"due": now, "payload": payload, "wait": None}), size)

    def change(self, number: int, payload: object, size: int) -> None:
        """Give an armed branch another payload."""
        self._rearm(self._remove(number).model_copy(update={"payload": payload}), size)

    def take_due(self, now: datetime, limit: int) -> list[Branch]:
        """Move the branches that are due, `limit` at most, from armed to running, the earliest first."""
        taken: list[Branch] = []
        while len(taken) < limit and (branch := self.next()) and branch.due <= now + _EARLY:
            self._remove(branch.id)
            self.running[branch.id] = branch
            taken.append(branch)
        return taken

    def turn(self, branch: Branch, action: str) -> Branch:
        """Let a running branch go on with another step, as one that waits no more."""
        turned = branch.model_copy(update={"action": action, "wait": None})
        self._hold(turned, self._release(branch.id))
        self.running[branch.id] = turned
        return turned

    def done(self, branch: Branch) -> None:
        """Forget a running branch whose step has ended."""
        del self.running[branch.id]
        self._release(branch.id)

    def fail(self, branch: Branch, began: datetime) -> None:
        """Keep a running branch whose step has failed; more than a payload holds is what the run was started with."""
        del self.running[branch.id]
        fits = self.fits(branch)
        size = self._release(branch.id)
        failed = branch.model_copy(update={"since": _first(branch, began), "payload": branch.payload if fits else None})
        self._hold(failed, size if fits else 0)
        self.failed[branch.id] = failed

    def again(self, branch: Branch, due: datetime, began: datetime) -> None:
        """Arm a running branch for its next attempt; the one that failed `began` then."""
        del self.running[branch.id]
        following = {"due": due, "attempt": branch.attempt + 1, "since": _first(branch, began)}
        self._rearm(branch.model_copy(update=following), self._held[branch.id][1])

    def next(self) -> Branch | None:
        """Return the branch that is due next."""
        while self._heap:
            due, number = self._heap[0]
            armed = self._armed.get(number)
            if armed is not None and armed.due == due:
                return armed
            heapq.heappop(self._heap)  # a wait that was withdrawn, or whose event came
        return None

    def _remove(self, number: int) -> Branch:
        """Take an armed branch out; what the heap says of it is skipped later."""
        branch = self._armed.pop(number)
        if branch.wait:
            del self._waiting[branch.wait.id]
        return branch

    def _put(self, branch: Branch) -> None:
        heapq.heappush(self._heap, (branch.due, branch.id))
        self._armed[branch.id] = branch
        if branch.wait:
            self._waiting[branch.wait.id] = branch.id

    def _rearm(self, branch: Branch, size: int) -> None:
        self._release(branch.id)
        self._hold(branch, size)
        self._put(branch)

    def _hold(self, branch: Branch, size: int) -> None:
        """Count a branch's room: its payload, its row, and what a new batch says once."""
        self._held[branch.id] = (branch, size)
        self.budget.used += size + ROW_BYTES
        if branch.wait or not self._kinds[kind(branch)]:
            self.budget.used += head_bytes(branch.action)
        if not branch.wait:
            self._kinds[kind(branch)] += 1

    def _release(self, number: int) -> int:
        """Give a branch's room back; return its payload's size."""
        branch, size = self._held.pop(number)
        self.budget.used -= size + ROW_BYTES
        if not branch.wait:
            self._kinds[kind(branch)] -= 1
            if self._kinds[kind(branch)]:
                return size
            del self._kinds[kind(branch)]
        self.budget.used -= head_bytes(branch.action)
        return size


def _first(branch: Branch, began: datetime) -> datetime:
    """Return the minute of a branch's first attempt. Of a minute, for branches that have it in common are packed."""
    return branch.since or began.replace(second=0, microsecond=0)
