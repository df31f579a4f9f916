from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import activity

from activities.clock import ServerClock
from activities.heartbeat import Pulse
from steps.http import Again
from steps.parts import an_object

_MARGIN = 1.1  # what Notion has done at the last moment must also be found
_SOON = 3.0  # in seconds; after an answer that says that the request is over
_CLOCKS = timedelta(minutes=1)  # by which they may differ


class Trail:
    """What an attempt knows of those before it, and tells the one after it, by the details of its heartbeat.

    `doubtful` says that the write may have been made, `open` when the last request was sent whose outcome is unknown
    (seconds since 1970, by Temporal's clock): the write may still take effect for a while after that.
    """

    def __init__(self, pulse: Pulse, again: Again | None) -> None:
        info = activity.info()
        self._pulse, self._attempt, self._clock = pulse, info.attempt, ServerClock()
        self.since = again.since if again and again.since else info.scheduled_time
        self.made = frozenset(again.made if again else ())
        self.doubtful, self.open, self.over = _before(info, again)
        self._note()

    @property
    def window(self) -> datetime:
        """The earliest moment that Notion may give for what an earlier attempt has made: it tells minutes alone."""
        return self.since.replace(second=0, microsecond=0) - _CLOCKS

    def sending(self) -> None:
        """Take in that the write leaves now.

        Raises:
            NotSent: it may not, since another attempt may be under way.
        """
        self._pulse.check()
        self.doubtful, self.open, self.over = True, self._clock.now(), False
        self._note()

    def refused(self) -> None:
        """Take in that the write has done nothing."""
        self.doubtful, self.open = False, None
        self._note()

    def ended(self) -> None:
        """Take in that Notion is done with the request, whatever it did."""
        self.over = True
        self._note()

    def unsettled(self, settle: float) -> float:
        """Return for how many seconds more the write may take effect."""
        if self.open is None:
            return 0.0
        longest = min(_SOON, settle) if self.over else settle * _MARGIN
        return max(0.0, min(self.open + longest - self._clock.now(), longest))

    def _note(self) -> None:
        self._pulse.left = {
            "attempt": self._attempt,
            "since": self.since.isoformat(),
            "doubtful": self.doubtful,
            "open": self.open,
            "over": self.over,
        }


def _before(info: activity.Info, again: Again | None) -> tuple[bool, float | None, bool]:
    """Return what is known of a write before this attempt: if it is in doubt, since when, if Notion is done."""
    if info.attempt == 1:
        doubtful = again is not None and again.since is not None
        return doubtful, again.open.timestamp() if again and again.open else None, False
    left = an_object(next(iter(info.heartbeat_details), None))
    # Details outlast the attempt that they are of.
    if left.get("attempt") == info.attempt - 1:
        return bool(left.get("doubtful")), left.get("open"), bool(left.get("over"))
    # A worker that was lost has sent before Temporal gave it up, or never.
    return True, info.current_attempt_scheduled_time.timestamp(), False
