from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from vault.connection import Account, Connection, ConnectionStatus
from vault.envelope import context_of


class Place(NamedTuple):
    """What a sealed token is bound to: none of it ever changes while the connection lives."""

    id: str
    handle: str
    provider: str

    def context(self, field: str) -> bytes:
        """Return the associated data of a sealed field."""
        # The handle and the provider too: who can write to the database must not point a workflow at another account,
        # nor a token at another provider's hosts.
        return context_of("connections", self.id, field, self.handle, self.provider)


def place_of(row: Row[Any]) -> Place:
    """Return what the tokens of a row are bound to."""
    return Place(row.id, row.handle, row.provider)


def connection_of(row: Row[Any], last_used_at: datetime | None = None) -> Connection:
    """Return the connection that a row holds."""
    return Connection(
        id=row.id,
        handle=row.handle,
        provider=row.provider,
        status=ConnectionStatus(row.status),
        account=Account(**row.account),
        created_at=row.created_at,
        last_used_at=last_used_at or row.last_used_at,
        authorized_at=row.authorized_at,
        verified_at=row.verified_at,
        deleting_at=row.deleting_at,
    )
