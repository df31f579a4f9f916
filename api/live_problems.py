"""What a live page meets."""

from __future__ import annotations

from api.problems import ApiError


class TooManyStreams(ApiError):
    """Say that the page works without."""

    type, title, status = "too-many-streams", "Too many pages are live", 503
