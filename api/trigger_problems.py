"""What a trigger cannot do; the hierarchy is drawn in `api/problems.py`."""

from __future__ import annotations

from api.problems import ApiError


class TriggerNotSetUp(ApiError):
    """Say what is left to do."""

    type, title, status = "trigger-not-set-up", "The trigger's secret is not set", 409


class TriggerNotSigned(ApiError):
    """Say which workflow declares no signature."""

    type, title, status = "trigger-not-signed", "The workflow declares no signature", 409


class TooManyDeliveries(ApiError):
    """Say when to send it again."""

    type, title, status = "too-many-deliveries", "Too many deliveries", 429
