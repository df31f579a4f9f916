from __future__ import annotations

import time

from temporalio import activity

_LATE = 5.0  # in seconds; by which an attempt may begin after Temporal gave it away


class ServerClock:
    """The time by Temporal's clock, in seconds since 1970, as well as an attempt can tell.

    This worker's own clock counts only where Temporal's, as of the attempt's start, allows it: what one worker says of
    a moment is read by others, and one that is an hour ahead or behind must not mislead them.
    """

    def __init__(self) -> None:
        self._began = activity.info().started_time.timestamp() - time.monotonic()

    def now(self) -> float:
        """Return the time; never by much later than it is, which would end a wait too early."""
        least, here = self._began + time.monotonic(), time.time()
        return here if least <= here <= least + _LATE else least
