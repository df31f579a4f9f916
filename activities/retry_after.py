from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime


def retry_after(value: str | None) -> timedelta | None:
    """Return the wait that a Retry-After header asks for: seconds, or the moment until which to wait."""
    if value is None:
        return None
    try:
        seconds = float(value) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value.strip()) else _until(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return timedelta(seconds=seconds) if seconds > 0 else None


def _until(value: str) -> float:
    moment = parsedate_to_datetime(value)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - datetime.now(UTC)).total_seconds()
