from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import Field, field_validator

from settings.base import Options


class FrontOptions(Options):
    """Where the API is, and what it takes in."""

    api_host: str = Field(default="127.0.0.1", description="The address that the API listens on.")
    api_port: int = Field(default=8000, ge=0, le=65535, description="The port that the API listens on.")
    public_url: str = Field(default="http://127.0.0.1:8000", description="How browsers and senders reach the API.")
    deliveries_per_minute: int = Field(
        default=6_000,
        ge=0,
        description="Deliveries to one trigger, or from one address, that an API takes; 0: no limit.",
    )
    max_body_bytes: int = Field(default=1_048_576, ge=1024, description="The largest request body that the API reads.")
    temporal_ui_url: str = Field(default="http://127.0.0.1:8233", description="Where links to the Temporal UI lead.")

    @field_validator("public_url", "temporal_ui_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://steps.example.com")
        return value.rstrip("/")

    @property
    def secure(self) -> bool:
        """Tell whether browsers reach us over https, so that cookies may say so."""
        return self.public_url.startswith("https://")
