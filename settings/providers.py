from __future__ import annotations

from pathlib import Path

from pydantic import Field

from settings.base import Options


class ProviderOptions(Options):
    """Which OAuth providers there are besides Notion."""

    providers_file: Path | None = Field(default=None, description="A TOML file that defines OAuth providers.")
