"""What taking an event cannot do; the hierarchy is drawn in `api/problems.py`."""

from __future__ import annotations

from api.problems import ApiError


class SignatureInvalid(ApiError):
    """Say what a signature looks like."""

    type, title, status = "signature-invalid", "The signature does not fit the body", 403


class WebhookNotSetUp(ApiError):
    """Say what is left to do."""

    type, title, status = "webhook-not-set-up", "The webhook is not set up", 409


class WorkflowsUnloaded(ApiError):
    """Name the files."""

    type, title, status = "workflows-unloaded", "A workflow that may want this is not loaded", 503
