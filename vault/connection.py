from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from vault.secret import Secret


class ConnectionStatus(StrEnum):
    """What a connection is good for."""

    ACTIVE = "active"
    NEEDS_REAUTHORIZATION = "needs_reauthorization"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Account:
    """The provider's account that a connection reaches; its texts come from outside."""

    id: str
    """The key of the authorization at the provider (Notion: `bot_id`)."""
    workspace_id: str | None = None
    workspace_name: str | None = None
    workspace_icon: str | None = None
    owner: dict[str, Any] | None = None

    @property
    def workspace(self) -> str:
        """The workspace in words, on one short line."""
        name = "".join(each if each.isprintable() else " " for each in (self.workspace_name or "")[:100]).strip()
        return f'the workspace "{name}"' if name else "a workspace without a name"


@dataclass(frozen=True)
class Tokens:
    """A pair of tokens, as the provider issued it."""

    access: Secret
    refresh: Secret | None
    expires_at: datetime | None = None
    """When the access token is to be refreshed: a little before the provider itself takes it no longer."""


@dataclass(frozen=True)
class Connection:
    """A connection without its tokens."""

    id: str
    handle: str
    provider: str
    status: ConnectionStatus
    account: Account
    created_at: datetime
    last_used_at: datetime | None
    authorized_at: datetime
    verified_at: datetime | None = None
    """When the provider last took its token in a test."""
    deleting_at: datetime | None = None
    """When somebody deleted it; the row stays until the provider has been told."""


@dataclass(frozen=True)
class Opened:
    """A connection with its tokens; `version` counts its pairs."""

    connection: Connection
    tokens: Tokens
    version: int
