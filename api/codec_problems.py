"""What encrypted payloads cannot do; the hierarchy is drawn in `api/problems.py`."""

from __future__ import annotations

from api.problems import ApiError


class PayloadsUnreadable(ApiError):
    """Name the key that is missing here, by its id."""

    type, title, status = "payloads-unreadable", "What Temporal keeps cannot be decrypted", 503
