from __future__ import annotations

import math
import time

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from api.attempts import place_of
from api.trigger_problems import TooManyDeliveries

_WRONG_SHARE = 10
"""A sender whose address is wrong gets a tenth of what one with a good address does."""


class DeliveryPace:
    """Hold deliveries to so many a minute, of each trigger and of each client address; in this process alone."""

    def __init__(self, per_minute: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._good = RateLimitItemPerMinute(per_minute) if per_minute else None
        self._wrong = RateLimitItemPerMinute(max(1, per_minute // _WRONG_SHARE)) if per_minute else None

    def take(self, request: Request, workflow: str) -> None:
        """Count a delivery to a trigger.

        Raises:
            TooManyDeliveries: says when to send it again; nothing was started.
        """
        # The sender first: what is refused to one does not count against the others of the trigger.
        self._hit(self._good, f"from {place_of(request)}")
        self._hit(self._good, f"to {workflow}")

    def take_wrong(self, request: Request) -> None:
        """Count a delivery to an address that does not exist; raises as `take`."""
        self._hit(self._wrong, f"wrong from {place_of(request)}")

    def _hit(self, limit: RateLimitItemPerMinute | None, name: str) -> None:
        if limit is None or self._limiter.hit(limit, name):
            return
        left = self._limiter.get_window_stats(limit, name).reset_time - time.time()
        seconds = max(1, math.ceil(left))
        raise TooManyDeliveries(
            f"Send it again in {seconds} seconds; nothing was started. An operator sets the limit with "
            "STEPS_DELIVERIES_PER_MINUTE.",
            headers={"Retry-After": str(seconds)},
        )
