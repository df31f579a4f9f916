"""The versions of Notion's API that are spoken here."""

from __future__ import annotations

from steps.errors import RequestInvalid

DATABASES = "2022-06-28"
DATA_SOURCES = "2025-09-03"
"""From here on a database holds data sources, which hold the rows."""
NEWEST = "2026-03-11"
VERSIONS = (DATABASES, DATA_SOURCES, NEWEST)


def known_version(version: str) -> str:
    """Return a version that is spoken here.

    Raises:
        RequestInvalid: it is another one.
    """
    if version not in VERSIONS:
        raise RequestInvalid(
            f"{version[:20]!r} is no version of Notion's API that is known here: {', '.join(VERSIONS)}."
        )
    return version
