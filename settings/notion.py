from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from settings.base import Options
from settings.places import NOTION_ORIGIN, is_loopback


class NotionOptions(Options):
    """Your registration at Notion, and how its API is called."""

    notion_client_id: str | None = Field(default=None, description="The client id of your Notion OAuth connection.")
    notion_client_secret: SecretStr | None = Field(default=None, description="Its client secret.")
    notion_version: str = Field(
        default="2026-03-11",
        pattern="^(2022-06-28|2025-09-03|2026-03-11)$",
        description="The version of Notion's API for calls that name none.",
    )
    notion_settle_seconds: float = Field(
        default=60, ge=0, description="How long Notion may carry out a write whose answer was lost."
    )
    notion_origin: str = Field(default=NOTION_ORIGIN, description="Another address for Notion, on this machine only.")
    notion_requests_per_second: float = Field(
        default=3, ge=0, le=1_000, description="Calls a second of one Notion connection, by all workers; 0: no limit."
    )

    @field_validator("notion_origin")
    @classmethod
    def _notion(cls, value: str) -> str:
        value = value.rstrip("/")
        host = urlsplit(value).hostname or ""
        if value != NOTION_ORIGIN and not is_loopback(host):
            raise ValueError(f"must be {NOTION_ORIGIN}, or an address on this machine (tokens are sent there)")
        return value
