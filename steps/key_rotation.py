"""The rotation of the vault's master key: a workflow of our own, so that it goes on where a killed process left it.

It runs on a task queue of its own, which no worker of the fleet polls: the command that rotates brings the worker, and
with it the right to rotate, which no worker of the fleet has.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy

NAME = "steps.keys"
MASTER = "master"
RETIRED, UNREADABLE = "retired", "unreadable"
MEMO = "progress"
GRACE_SECONDS = 60.0
"""How long nothing may turn up under an old key before the old keys are given up.

What is sealed is stored at once, and what is read is opened at once. What may lie in between is shorter than this: a
wait for one of the pool's connections (30 seconds at most) and for SQLite's lock (15).
"""

_ATTEMPT = timedelta(minutes=10)
_HEARTBEAT = timedelta(seconds=10)
_RETRY = RetryPolicy(maximum_interval=timedelta(seconds=20))
_AGAIN_SECONDS = 1.0
MOST_NAMED = 20
"""Of the values that no key opens."""


def id_of(ring: str) -> str:
    """Return the id under which a key is rotated, once at a time."""
    return "steps.keys/rotation" if ring == MASTER else f"steps.keys/rotation/{ring}"


def queue_of(ring: str) -> str:
    """Return the task queue that only the rotator of this key polls."""
    return "steps-keys" if ring == MASTER else f"steps-keys-{ring}"


@dataclass
class Sweep:
    """A part of a column for one activity to rewrap."""

    column: str
    after: list[str] | None
    page: int
    pages: int


@dataclass
class Swept:
    """What became of it; `after` is where the next part begins, None at the end of the column."""

    after: list[str] | None
    rewrapped: int = 0
    overtaken: int = 0
    unreadable: int = 0
    named: list[str] = field(default_factory=list[str])
    """Some of the unreadable ones."""


@dataclass
class Progress:
    """How far a rotation is; of keys it holds their ids alone."""

    stage: str = "starting"
    old_key: str | None = None
    new_key: str | None = None
    rewrapped: int = 0
    left: int | None = None
    unreadable: list[str] = field(default_factory=list[str])
    quiet_since: datetime | None = None
    """Since when nothing has turned up under an old key."""


@dataclass
class Order:
    """How to rotate: the grace in seconds, rows in a transaction, transactions in an activity."""

    grace_seconds: float = GRACE_SECONDS
    page: int = 100
    pages: int = 50
    progress: Progress = field(default_factory=Progress)
    """Where an earlier run of this rotation was, when its history had become long."""


@workflow.defn(name=NAME, sandboxed=False)
class KeyRotation:
    """Make a new master key, bring every value under it, and give up the old keys once nothing needs them."""

    @workflow.run
    async def run(self, order: Order) -> Progress:
        """Return how it ended: `retired`, or `unreadable` where a value is left that no key opens."""
        self._order, self._progress = order, order.progress
        if self._progress.new_key is None:
            await self._begin()
        while True:
            found = await self._rewrap_all()
            left = await _call("keys_left", None, int)
            self._tell(left=left)
            if not found and 0 < left <= self._unreadable:
                self._tell(stage=UNREADABLE)
                return self._progress
            if left or found:
                # Also a process that has not noticed the new key starts the grace again, with whatever it saves.
                self._tell(quiet_since=workflow.now())
            elif self._quiet() >= order.grace_seconds:
                if await _call("keys_retire", self._progress.new_key, bool):
                    break
                self._tell(quiet_since=workflow.now())
            if left:
                await workflow.sleep(_AGAIN_SECONDS, summary="what was saved meanwhile")
            else:
                self._tell(stage="waiting")
                await workflow.sleep(max(order.grace_seconds - self._quiet(), 0.001), summary="the grace")
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(replace(order, progress=self._progress))
        self._tell(stage=RETIRED)
        return self._progress

    async def _begin(self) -> None:
        # Two activities: where the answer of the second is lost, its next attempt sees that there is a new key.
        old = self._progress.old_key = await _call("keys_current", None, str)
        new = await _call("keys_begin", old, str)
        self._tell(stage="rewrapping", new_key=new, quiet_since=workflow.now())

    async def _rewrap_all(self) -> int:
        """Rewrap what is under another key than the current one; return how much of that there was."""
        self._unreadable, found = 0, 0
        self._tell(stage="rewrapping", unreadable=[])
        for column in await _call("keys_columns", None, list[str]):
            after = None
            while True:
                part = Sweep(column, after, self._order.page, self._order.pages)
                swept = await _call("keys_rewrap", part, Swept)
                found += swept.rewrapped + swept.overtaken
                self._unreadable += swept.unreadable
                if swept.rewrapped or swept.unreadable:
                    named = [*self._progress.unreadable, *swept.named][:MOST_NAMED]
                    self._tell(rewrapped=self._progress.rewrapped + swept.rewrapped, unreadable=named)
                after = swept.after
                if after is None:
                    break
        return found

    def _quiet(self) -> float:
        return (workflow.now() - (self._progress.quiet_since or workflow.now())).total_seconds()

    def _tell(self, **changes: Any) -> None:
        """Take note, where a client reads it with no worker there."""
        before, self._progress = self._progress, replace(self._progress, **changes)
        if self._progress != before:
            workflow.upsert_memo({MEMO: asdict(self._progress)})


async def _call(name: str, argument: Any, answer: Any) -> Any:
    return await workflow.execute_activity(
        name,
        args=[] if argument is None else [argument],
        result_type=answer,
        start_to_close_timeout=_ATTEMPT,
        heartbeat_timeout=_HEARTBEAT,
        retry_policy=_RETRY,
    )
