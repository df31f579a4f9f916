"""What somebody may not do; the hierarchy is drawn in `api/problems.py`."""

from __future__ import annotations

from api.problems import ApiError


class ScopeMissing(ApiError):
    """Name the scopes that are needed and those that are held; tell nothing of what was asked for."""

    type, title, status = "scope-missing", "This needs another scope", 403


class TooManyAttempts(ApiError):
    """Say when to try again."""

    type, title, status = "too-many-attempts", "Too many failed attempts to sign in", 429


class SessionUnknown(ApiError):
    """Name the list of sessions."""

    type, title, status = "session-unknown", "No session has this id", 404
