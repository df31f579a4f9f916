"""Every option of Durable Steps. The connection to Temporal is not here: Temporal has variables of its own for it."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from dotenv import load_dotenv
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from codec.keys import read_keys

ROOT = Path(__file__).parent
_SECRETS_DIR = Path("/run/secrets")
NOTION_ORIGIN = "https://api.notion.com"


class Settings(BaseSettings):
    """Read `STEPS_<NAME>` from the environment, from `.env`, or from a file of that name in /run/secrets."""

    model_config = SettingsConfigDict(
        env_prefix="STEPS_",
        env_file=".env",
        extra="ignore",
        secrets_dir=_SECRETS_DIR if _SECRETS_DIR.is_dir() else None,
        hide_input_in_errors=True,  # a mistyped secret would stand in the error
    )

    data_dir: Path = Field(default=Path("data"), description="Where the laptop's database and keys are kept.")
    database_url: str | None = Field(
        default=None, description="The vault's database; SQLite in the data directory if unset."
    )
    master_key: SecretStr | None = Field(
        default=None, description="The vault's key, base64 of 32 bytes; else a key file."
    )
    master_key_file: Path | None = Field(default=None, description="The vault's key file; made at first start.")
    signing_key: SecretStr | None = Field(default=None, description="Signs sealed references and trigger addresses.")
    signing_key_file: Path | None = Field(default=None, description="The signing key's file; made at first start.")

    api_host: str = Field(default="127.0.0.1", description="The address that the API listens on.")
    api_port: int = Field(default=8000, ge=0, le=65535, description="The port that the API listens on.")
    public_url: str = Field(default="http://127.0.0.1:8000", description="How browsers and senders reach the API.")
    max_body_bytes: int = Field(default=1_048_576, ge=1024, description="The largest request body that the API reads.")

    task_queue: str = Field(default="steps", min_length=1, description="Temporal's task queue for runs and calls.")
    workflows_dir: Path = Field(default=ROOT / "workflows", description="The folder that the workflows are read from.")
    temporal_ui_url: str = Field(default="http://127.0.0.1:8233", description="Where links to the Temporal UI lead.")
    payload_keys: SecretStr | None = Field(
        default=None, description="Keys that encrypt what Temporal keeps, `id:base64`; the first one encrypts."
    )
    max_running_steps: int = Field(default=100, ge=1, description="Steps and calls that one worker runs at once.")
    shutdown_seconds: float = Field(default=20, ge=0, description="How long a stopping worker waits for its calls.")

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

    egress_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="The hosts that fetch may reach, or `*.example.com`; every public one if empty."
    )
    egress_private_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Private `host:port` addresses that fetch may reach, separated by commas."
    )
    max_response_bytes: int = Field(default=1_048_576, ge=1024, description="The largest answer that a call takes in.")

    max_upload_bytes: int = Field(
        default=104_857_600, ge=1024, description="The largest file that `notion.upload_from` fetches."
    )

    log_level: str = Field(
        default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="The least level to log."
    )
    log_format: str = Field(default="text", pattern="^(text|json)$", description="How a log line is written.")

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

    @field_validator("payload_keys")
    @classmethod
    def _keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            read_keys(value.get_secret_value())
        return value

    @field_validator("public_url", "temporal_ui_url")
    @classmethod
    def _address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an address such as https://steps.example.com")
        return value.rstrip("/")

    @field_validator("notion_origin")
    @classmethod
    def _notion(cls, value: str) -> str:
        value = value.rstrip("/")
        host = urlsplit(value).hostname or ""
        if value != NOTION_ORIGIN and not _is_loopback(host):
            raise ValueError(f"must be {NOTION_ORIGIN}, or an address on this machine (tokens are sent there)")
        return value

    @property
    def vault_url(self) -> str:
        """The vault's database as SQLAlchemy wants it."""
        return self.database_url or f"sqlite+aiosqlite:///{(self.data_dir / 'vault.db').resolve()}"

    @property
    def master_key_text(self) -> str | None:
        """The vault's key, if it is given as text."""
        return self.master_key.get_secret_value() if self.master_key is not None else None

    @property
    def master_key_path(self) -> Path:
        """The vault's key file."""
        return self.master_key_file or self.data_dir / "master.key"

    @property
    def signing_key_text(self) -> str | None:
        """The signing key, if it is given as text."""
        return self.signing_key.get_secret_value() if self.signing_key is not None else None

    @property
    def signing_key_path(self) -> Path:
        """The signing key's file."""
        return self.signing_key_file or self.data_dir / "signing.key"

    @property
    def payload_keys_text(self) -> str:
        """The keys that encrypt payloads; empty where there are none."""
        return self.payload_keys.get_secret_value() if self.payload_keys is not None else ""

    @property
    def secure(self) -> bool:
        """Tell whether browsers reach us over https, so that cookies may say so."""
        return self.public_url.startswith("https://")


def read_settings(**given: Any) -> Settings:
    """Return the settings; one that is wrong ends the process with its name and what it must be.

    The rest of `.env` goes into the environment, where Temporal's own variables are looked for.
    """
    load_dotenv(".env")
    try:
        return Settings(**given)
    except ValidationError as error:
        lines = [f"STEPS_{'.'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors()]
        raise SystemExit("\n".join(lines)) from None


def origin_of(url: str) -> str:
    """Return the origin of an address as browsers write it."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    named = f"[{host}]" if ":" in host else host
    usual = port is None or port == {"http": 80, "https": 443}.get(parts.scheme)
    return f"{parts.scheme}://{named}" if usual else f"{parts.scheme}://{named}:{port}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
