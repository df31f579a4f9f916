from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from settings.base import Options


class OutsideOptions(Options):
    """What calls to the outside may reach and take in, and where events of connections go."""

    egress_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="The hosts that fetch may reach, or `*.example.com`; every public one if empty."
    )
    egress_private_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Private `host:port` addresses that fetch may reach, separated by commas."
    )
    events_url: str | None = Field(default=None, description="Where events of connections are sent.")
    events_secret: SecretStr | None = Field(default=None, description="Signs them: `whsec_` and base64.")
    max_response_bytes: int = Field(default=1_048_576, ge=1024, description="The largest answer that a call takes in.")

    max_upload_bytes: int = Field(
        default=104_857_600, ge=1024, description="The largest file that `notion.upload_from` fetches."
    )

    @field_validator("egress_hosts", "egress_private_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return (
            tuple(part.strip().lower() for part in value.split(",") if part.strip())
            if isinstance(value, str)
            else value
        )

    @field_validator("egress_hosts")
    @classmethod
    def _public(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            if not re.fullmatch(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)+", host):
                raise ValueError("must be hosts without scheme and port, such as api.example.com or *.example.com")
        return value

    @field_validator("egress_private_hosts")
    @classmethod
    def _hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            host, _, port = address.rpartition(":")
            if not host or not port.isdecimal():
                raise ValueError("must be host:port addresses, separated by commas, such as 10.0.0.5:8080")
        return value

    @field_validator("events_secret")
    @classmethod
    def _signs(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_webhook_secret(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _events(self) -> Self:
        if (self.events_url is None) != (self.events_secret is None):
            raise ValueError("STEPS_EVENTS_URL and STEPS_EVENTS_SECRET go together: set both, or neither")
        if self.events_url is not None:
            check_events_url(self.events_url, self.egress_private_hosts)
        return self


def check_webhook_secret(text: str) -> None:
    """Refuse what is no secret in the form of Standard Webhooks.

    Raises:
        ValueError: with the form, and without the text.
    """
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError("must be whsec_ and the base64 of 24 to 64 bytes: echo whsec_$(openssl rand -base64 32)")


def check_events_url(text: str, private: tuple[str, ...]) -> None:
    """Refuse an address that events cannot be sent to; plain http is for the private hosts that are named.

    Raises:
        ValueError: with what it must be.
    """
    parts = urlsplit(text)
    place = f"{(parts.hostname or '').lower()}:{parts.port or (80 if parts.scheme == 'http' else 443)}"
    plain = parts.scheme == "http" and place in private
    if not parts.hostname or parts.username or parts.fragment or not (parts.scheme == "https" or plain):
        raise ValueError("STEPS_EVENTS_URL must be an https address, or one of STEPS_EGRESS_PRIVATE_HOSTS")
