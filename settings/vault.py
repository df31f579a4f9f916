from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from settings.base import Options
from settings.places import is_loopback


class VaultOptions(Options):
    """Where the vault's database and keys are."""

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

    openbao_plain_http: bool = Field(
        default=False, description="Allow http to an OpenBao that is not on this machine: on a private network alone."
    )
    openbao_url: str | None = Field(default=None, description="The address of OpenBao.")
    openbao_role_id: str | None = Field(default=None, description="The id of this process's AppRole.")
    openbao_secret_id: SecretStr | None = Field(default=None, description="Its secret id.")
    openbao_key: str = Field(
        default="steps", pattern="^[a-z0-9][a-z0-9_-]{0,62}$", description="The key of OpenBao's transit engine."
    )
    openbao_ca_file: Path | None = Field(default=None, description="The CA certificates that OpenBao's is checked by.")
    key_provider: str = Field(
        default="local", pattern="^(local|openbao)$", description="What holds the key that seals tokens."
    )

    @field_validator("openbao_url")
    @classmethod
    def _openbao(cls, value: str | None, info: ValidationInfo) -> str | None:
        parts = urlsplit(value or "")
        if value is None:
            return None
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("must be an address such as https://openbao.example.com:8200")
        if parts.scheme == "http" and not is_loopback(parts.hostname) and not info.data.get("openbao_plain_http"):
            raise ValueError("must be https, or an address on this machine: data keys are sent there")
        return value.rstrip("/")

    @field_validator("key_provider")
    @classmethod
    def _provider(cls, value: str, info: ValidationInfo) -> str:
        needed = ("openbao_url", "openbao_role_id", "openbao_secret_id")
        missing = [f"STEPS_{name.upper()}" for name in needed if name in info.data and not _given(info.data[name])]
        if value == "openbao" and missing:
            raise ValueError(f"openbao needs {', '.join(missing)}")
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


def _given(value: str | SecretStr | None) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
