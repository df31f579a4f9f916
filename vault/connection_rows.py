from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from vault.connection import Account, Connection, ConnectionStatus, Tokens
from vault.envelope import Envelope, context_of
from vault.secret import Secret
from vault.tables import connections


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


def context_of_token(row: Row[Any], field: str) -> bytes:
    """Name what a token in this row is bound to."""
    return place_of(row).context(field)


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


async def seal_tokens(envelope: Envelope, place: Place, tokens: Tokens, row: Row[Any] | None = None) -> dict[str, Any]:
    """Return what a pair changes of its row; in the place of that of a row, it is sealed under that one's data keys.

    That is how a worker stores what a refresh gave: it may not make data keys.
    """

    async def seal(token: Secret | None, before: bytes | None, field: str) -> bytes | None:
        if token is None:
            return None
        if before is None:
            return await envelope.seal(token.reveal(), place.context(field))
        return await envelope.reseal(before, token.reveal(), place.context(field))

    return {
        "access": await seal(tokens.access, None if row is None else row.access, "access"),
        "refresh": await seal(tokens.refresh, None if row is None else row.refresh, "refresh"),
        "expires_at": tokens.expires_at,
        "version": connections.c.version + 1,
        "refreshing_until": None,
    }


async def open_tokens(envelope: Envelope, row: Row[Any]) -> Tokens:
    """Return the pair of a row; raises a VaultError where it does not open."""
    place = place_of(row)
    access = Secret(await envelope.open(row.access, place.context("access")))
    refresh = None
    if row.refresh is not None:
        refresh = Secret(await envelope.open(row.refresh, place.context("refresh")))
    return Tokens(access, refresh, row.expires_at)
