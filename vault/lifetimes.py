from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from vault.providers import Provider

MARGIN = timedelta(seconds=60)
_LONGEST = 10 * 366 * 24 * 3600


def refresh_due(provider: Provider, lasts: Any, now: datetime) -> datetime | None:
    """Return when an access token is to be refreshed by the clock; None where its provider names no time, or not so.

    That is a minute before it expires, for the clocks of provider and workers differ, and a call takes its time. Of
    what lasts less than two minutes, one half is used. `lasts` is `expires_in`, in seconds.
    """
    if provider.refresh != "by_expiry" or isinstance(lasts, bool) or not isinstance(lasts, int | float | str):
        return None
    try:
        seconds = float(lasts)
    except ValueError:
        return None
    if not 0 < seconds <= _LONGEST:  # of NaN, too
        return None
    return now + timedelta(seconds=seconds) - min(MARGIN, timedelta(seconds=seconds / 2))
