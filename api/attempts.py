from __future__ import annotations

import math
import time
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from api.access_problems import TooManyAttempts
from vault.tokens import digest

_TIMES_IN_ALL = 10
_MOST_KNOWN = 1_000


class Attempts:
    """Count failed attempts to sign in, by client address and in all, so that guesses do not wear the database out.

    In this process alone. A key has 256 bits and is not guessed; whoever has shown a good one is never held up by the
    failures of others.
    """

    def __init__(self, per_minute: int) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._each = RateLimitItemPerMinute(per_minute)
        self._all = RateLimitItemPerMinute(per_minute * _TIMES_IN_ALL)
        self._known: OrderedDict[str, None] = OrderedDict()

    def check(self, request: Request, text: str = "") -> None:
        """Refuse a further attempt after too many.

        Raises:
            TooManyAttempts: says when to try again.
        """
        if text and digest(text) in self._known:
            return
        for limit, name in ((self._each, _place(request)), (self._all, "all")):
            if not self._limiter.test(limit, name):
                left = self._limiter.get_window_stats(limit, name).reset_time - time.time()
                seconds = max(1, math.ceil(left))
                raise TooManyAttempts(
                    f"Try again in {seconds} seconds, with a key that is good.", headers={"Retry-After": str(seconds)}
                )

    def failed(self, request: Request) -> None:
        """Count a failed attempt."""
        self._limiter.hit(self._each, _place(request))
        self._limiter.hit(self._all, "all")

    def succeeded(self, text: str) -> None:
        """Remember a good key, by its digest alone."""
        mine = digest(text)
        self._known[mine] = None
        self._known.move_to_end(mine)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)


def _place(request: Request) -> str:
    """Return the client's address; of IPv6 the half that names its network, for each host has the other half whole."""
    host = request.client.host if request.client else ""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    return str(IPv6Address(int(address) >> 64 << 64)) if isinstance(address, IPv6Address) else host
