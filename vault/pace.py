"""When the calls of one connection may be sent: one every interval, and a few at once after a rest."""

from __future__ import annotations

from dataclasses import dataclass

SECOND = 1_000_000
"""Every moment and length here is a whole number of microseconds."""

LEAD = 3 * SECOND // 2
"""How long before its place a call that was turned away asks again, so that a slot never waits for a late timer."""

LONGEST_HOLD = 3_600 * SECOND
# With calls in the queue, some of them take slots all the time; a rest means that they have been cancelled.
_REST = 3 * SECOND


@dataclass(frozen=True)
class Limit:
    """One call every `interval` microseconds, and `burst` at once after a rest."""

    interval: int
    burst: int = 1

    @classmethod
    def per_second(cls, rate: float, burst: int) -> Limit:
        """Return the limit of that many calls a second."""
        return cls(round(SECOND / rate), burst)

    @property
    def slack(self) -> int:
        """How far a call may come before its interval is over."""
        return (self.burst - 1) * self.interval


@dataclass(frozen=True)
class Ask:
    """Which slots a call takes: one that is at most `within` microseconds ahead.

    With `queues` it goes behind those that were turned away; with `urgent` before those that wait for their slot.
    """

    within: int
    queues: bool = False
    urgent: bool = False


@dataclass(frozen=True)
class Turn:
    """A slot that was taken, `wait` microseconds ahead; or, without `taken`, for how long to stay away.

    With a `wait` of 0 the call may leave, otherwise the slot has to be confirmed then. A `firm` one gives way to none.
    """

    wait: int
    taken: bool
    firm: bool = False


@dataclass
class Pace:
    """What is known of a connection's calls: the moments are those of one clock, the database's.

    `next_at` is the end of the last interval that was taken, `tail_at` that of the last place in the queue, `sent_at`
    that of the last interval in which a call did leave: one that is late must not leave together with the next. A call
    that goes first takes the slot of one that waits: `overtaken_at` is the last such slot, `owed` counts who must give
    way.
    """

    next_at: int = 0
    tail_at: int = 0
    sent_at: int = 0
    held_until: int = 0
    overtaken_at: int = 0
    owed: int = 0

    def take(self, now: int, limit: Limit, ask: Ask) -> Turn:
        """Take the next slot, or a place in the queue where it is too far ahead."""
        self._trust(now)
        due = max(now, self.next_at - limit.slack)
        if (max(due, self.tail_at) if ask.queues else due) - now > ask.within:
            place = max(due, self.tail_at)
            self.tail_at = place + limit.interval
            return Turn(max(0, place - now - LEAD), taken=False)
        self.next_at = max(self.next_at, now) + limit.interval
        at = self._first(now, due, limit) if ask.urgent else due
        return Turn(at - now or self._leave(now, limit), taken=True, firm=ask.urgent)

    def confirm(self, now: int, limit: Limit, turn: Turn) -> int | None:
        """Return how much longer a call waits in its slot, 0 if it may leave; None if it must take another slot."""
        if self.held_until > now:
            return None
        if self.owed and not turn.firm:
            self.owed -= 1
            return None
        return self._leave(now, limit)

    def hold(self, now: int, limit: Limit, length: int) -> None:
        """Let nothing be sent for so long, and then one at a time."""
        self.held_until = max(self.held_until, now + min(length, LONGEST_HOLD))
        self.next_at = max(self.next_at, self.held_until + limit.slack)
        self.sent_at = max(self.sent_at, self.held_until + limit.slack)

    def _leave(self, now: int, limit: Limit) -> int:
        early = self.sent_at - limit.slack - now
        if early > 0:
            return early
        self.sent_at = max(self.sent_at, now) + limit.interval
        return 0

    def _trust(self, now: int) -> None:
        if self.next_at > now + 2 * LONGEST_HOLD:  # the clock went back
            self.next_at = self.sent_at = now
            self.held_until = 0
        if self.next_at < now - _REST:
            self.tail_at = self.owed = 0

    def _first(self, now: int, due: int, limit: Limit) -> int:
        """Return the first slot ahead that no other call overtook, and let its owner take the one just taken."""
        earliest = max(now + 1, self.held_until, self.overtaken_at + 1)
        slots = (due - earliest) // limit.interval
        if slots < 1:
            self.overtaken_at = due
            return due
        self.owed += 1
        self.overtaken_at = due - slots * limit.interval
        return self.overtaken_at
