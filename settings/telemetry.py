from __future__ import annotations

import re
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from settings.base import Options

_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+=[ -~]+")


class TelemetryOptions(Options):
    """What the processes tell of themselves, and to whom."""

    metrics_address: str | None = Field(
        default=None,
        description="Where this process shows its metrics, `host:port`; a port of its own. Unset: nowhere.",
    )
    temporal_metrics_address: str | None = Field(
        default=None, description="Where a worker shows those of Temporal's SDK, `host:port`. Unset: nowhere."
    )
    traces_url: str | None = Field(
        default=None, description="Where traces go, by OTLP over HTTP, as `http://collector:4318`. Unset: nowhere."
    )
    traces_headers: SecretStr | None = Field(
        default=None,
        description="Headers for it, `name=value`, several separated by commas: what a hosted one asks for.",
    )
    traces_share: float = Field(default=1.0, ge=0, le=1, description="The share of runs that are traced, 0 to 1.")

    @field_validator("metrics_address", "temporal_metrics_address", "traces_url", "traces_headers", mode="before")
    @classmethod
    def _empty_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("metrics_address", "temporal_metrics_address")
    @classmethod
    def _listening(cls, value: str | None) -> str | None:
        if value is not None:
            split_address(value)
        return value

    @field_validator("traces_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.query
            or parts.fragment
            or parts.username
        ):
            raise ValueError("must be an address such as http://collector:4318, without a query or a password")
        return value.rstrip("/")

    @field_validator("traces_headers")
    @classmethod
    def _headers(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not all(_HEADER.fullmatch(one.strip()) for one in value.get_secret_value().split(",")):
            raise ValueError("must be name=value, several separated by commas")
        return value

    @property
    def traces_endpoint(self) -> str | None:
        """Where spans are posted to: the address itself where it has a path, as OTLP's own variables have it."""
        if self.traces_url is None or urlsplit(self.traces_url).path:
            return self.traces_url
        return f"{self.traces_url}/v1/traces"

    @property
    def traces_header_values(self) -> dict[str, str]:
        """The headers by name."""
        text = self.traces_headers.get_secret_value() if self.traces_headers else ""
        pairs = (one.strip().partition("=") for one in text.split(",") if one.strip())
        return {name: value for name, _, value in pairs}


def split_address(address: str) -> tuple[str, int]:
    """Return host and port.

    Raises:
        ValueError: it is not `host:port`.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError("must be host:port, such as 127.0.0.1:9464")
    return host.removeprefix("[").removesuffix("]"), int(port)
