"""The bookkeeping of a run's branches: which are armed, which run. Pure: no clock, no Temporal."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime, timedelta

from steps.branch import Branch
from steps.errors import BranchLimitExceeded, PayloadTooLarge
from steps.wait import Wait

MAX_ARMED = 10_000
MAX_ARMED_BYTES = 1_245_184  # what a roll-over carries must fit a value of Temporal, 2 MiB, beside log and store
_OVERHEAD = 120  # bytes of a branch's JSON beside its payload and name
_EARLY = timedelta(milliseconds=1)


class Branches:
    """Armed branches by due time, then by number; running ones by number. No branch is ever in both, or lost."""

    def __init__(self, armed: Iterable[tuple[Branch, int]], next_id: int) -> None:
        self._heap: list[tuple[datetime, int]] = []
        self._armed: dict[int, tuple[Branch, int]] = {}
        self._waiting: dict[str, int] = {}  # the branches that wait for an event, by the wait's id
        self._bytes = 0
        self.running: dict[int, Branch] = {}
        self.next_id = next_id
        for branch, size in armed:
            self._put(branch, size)

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
        return sorted((branch for branch, _ in self._armed.values()), key=lambda branch: (branch.due, branch.id))

    def reserve(self, count: int, size: int) -> None:
        """Refuse what would not fit; `size` is the payloads' bytes.

        Raises:
            BranchLimitExceeded, PayloadTooLarge: nothing was armed.
        """
        if len(self._armed) + count > MAX_ARMED:
            raise BranchLimitExceeded(f"A run holds at most {MAX_ARMED} waiting branches; this would be one too many.")
        if self._bytes + size + count * _OVERHEAD > MAX_ARMED_BYTES:
            raise PayloadTooLarge(
                f"The payloads of this run's waiting branches come to more than {MAX_ARMED_BYTES} bytes. "
                "Pass ids in the payloads, and read the rest in the steps."
            )

    def arm(
        self, action: str, due: datetime, payload: object, size: int, parent: int | None, wait: Wait | None = None
    ) -> Branch:
        """Add a branch under the next number."""
        branch = Branch(id=self.next_id, action=action, due=due, payload=payload, parent=parent, wait=wait)
        self.next_id += 1
        self._put(branch, size)
        return branch

    def waiting(self, wait_id: str) -> Branch | None:
        """Return the armed branch that waits for this event."""
        number = self._waiting.get(wait_id)
        return None if number is None else self._armed[number][0]

    def withdraw(self, wait_id: str) -> Branch | None:
        """Forget the armed branch that waits for this event; return it."""
        number = self._waiting.get(wait_id)
        return None if number is None else self._remove(number)[0]

    def fire(self, wait_id: str, now: datetime, payload: object, size: int) -> None:
        """Let the branch that waits for this event be due now, with another payload."""
        branch, _ = self._remove(self._waiting[wait_id])
        self._put(branch.model_copy(update={"due": now, "payload": payload, "wait": None}), size)

    def change(self, number: int, payload: object, size: int) -> None:
        """Give an armed branch another payload."""
        branch, _ = self._remove(number)
        self._put(branch.model_copy(update={"payload": payload}), size)

    def take_due(self, now: datetime, limit: int) -> list[Branch]:
        """Move the branches that are due, `limit` at most, from armed to running, the earliest first."""
        taken: list[Branch] = []
        while len(taken) < limit and (branch := self.next()) and branch.due <= now + _EARLY:
            self._remove(branch.id)
            self.running[branch.id] = branch
            taken.append(branch)
        return taken

    def done(self, branch: Branch) -> None:
        """Forget a branch whose step has ended."""
        del self.running[branch.id]

    def next(self) -> Branch | None:
        """Return the branch that is due next."""
        while self._heap:
            due, number = self._heap[0]
            armed = self._armed.get(number)
            if armed is not None and armed[0].due == due:
                return armed[0]
            heapq.heappop(self._heap)  # a wait that was withdrawn, or whose event came
        return None

    def _remove(self, number: int) -> tuple[Branch, int]:
        """Take an armed branch out; what the heap says of it is skipped later."""
        branch, size = self._armed.pop(number)
        self._bytes -= size + _OVERHEAD
        if branch.wait:
            del self._waiting[branch.wait.id]
        return branch, size

    def _put(self, branch: Branch, size: int) -> None:
        heapq.heappush(self._heap, (branch.due, branch.id))
        self._armed[branch.id] = (branch, size)
        if branch.wait:
            self._waiting[branch.wait.id] = branch.id
        self._bytes += size + _OVERHEAD
