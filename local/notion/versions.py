from __future__ import annotations

from enum import StrEnum

from local.notion.errors import NotionError

KNOWN = ("2021-05-11", "2021-05-13", "2021-08-16", "2022-02-22", "2022-06-28", "2025-09-03", "2026-03-11")


class Version(StrEnum):
    """One of the API versions that the stand-in speaks. They compare by date."""

    DATABASES = "2022-06-28"
    DATA_SOURCES = "2025-09-03"
    IN_TRASH = "2026-03-11"

    @property
    def has_data_sources(self) -> bool:
        """Say whether a database is a container of data sources in this version."""
        return self >= Version.DATA_SOURCES

    @property
    def has_archived(self) -> bool:
        """Say whether this version still has the older name of in_trash."""
        return self < Version.IN_TRASH

    @property
    def row_kind(self) -> str:
        """Return the name that this version gives to what holds the rows."""
        return "data_source" if self.has_data_sources else "database"


def parse(header: str | None) -> Version:
    """Return the version that a Notion-Version header names, or refuse."""
    if header is None:
        raise _refused("defined", "undefined")
    if header not in KNOWN:
        choices = ", ".join(f'`"{each}"`' for each in KNOWN[:-1])
        raise _refused(f'{choices}, or `"{KNOWN[-1]}"`', f'"{header}"')
    if header not in set(Version):
        raise _refused("2022-06-28 or later: the stand-in speaks no older version", f'"{header}"')
    return Version(header)


def _refused(expectation: str, found: str) -> NotionError:
    return NotionError(
        400,
        "missing_version",
        f"Notion-Version header failed validation: Notion-Version header should be {expectation}, "
        f"instead was `{found}`.",
    )
