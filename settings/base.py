from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

_SECRETS_DIR = Path("/run/secrets")


class Options(BaseSettings):
    """Read `STEPS_<NAME>` from the environment, from `.env`, or from a file of that name in /run/secrets."""

    model_config = SettingsConfigDict(
        env_prefix="STEPS_",
        env_file=".env",
        extra="ignore",
        secrets_dir=_SECRETS_DIR if _SECRETS_DIR.is_dir() else None,
        hide_input_in_errors=True,  # a mistyped secret would stand in the error
    )
