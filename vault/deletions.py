from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from vault.connection import Connection, ConnectionStatus, Opened
from vault.connection_errors import RefreshUnderWay
from vault.connection_events import note
from vault.connection_rows import connection_of, open_tokens
from vault.database import Database
from vault.envelope import Envelope
from vault.errors import ConnectionUnknown
from vault.handles import is_handle
from vault.tables import connections, deleted_connections, paces
from vault.times import Clock


class Revocation(StrEnum):
    """What became of the authorization at the provider when its connection was deleted."""

    REVOKED = "revoked"
    REFUSED = "refused"
    UNREACHED = "unreached"
    IMPOSSIBLE = "impossible"
    """The provider takes none, or this deployment cannot ask: no client id, or the tokens do not open."""


@dataclass(frozen=True)
class Deletion:
    """What is left of a connection that was deleted."""

    handle: str
    provider: str
    workspace_name: str | None
    deleted_at: datetime
    revocation: Revocation


class Deletions:
    """Delete connections in two parts: nothing uses one from `begin` on, and it is gone when the provider was told."""

    def __init__(self, database: Database, envelope: Envelope, now: Clock) -> None:
        self._database, self._envelope, self._now = database, envelope, now

    async def begin(self, handle: str) -> Connection:
        """Let nothing use the connection from now on; one that is being deleted already is returned as it is.

        Raises:
            ConnectionUnknown: no connection has this handle.
        """
        if not is_handle(handle):
            raise ConnectionUnknown(handle)
        revoked, now = ConnectionStatus.REVOKED.value, self._now()
        async with self._database.write() as connection:
            wanted = select(connections).where(connections.c.handle == handle).with_for_update()
            row = (await connection.execute(wanted)).first()
            if row is None:
                raise ConnectionUnknown(handle)
            if row.deleting_at is not None:
                return connection_of(row)
            ended = update(connections).where(connections.c.id == row.id)
            values = {"status": revoked, "deleting_at": now}
            after = (await connection.execute(ended.values(values).returning(connections))).one()
            if row.status != revoked:
                await note(connection, "connection.revoked", after, now)
        return connection_of(after)

    async def begun(self) -> list[Connection]:
        """Return the connections that are being deleted."""
        [rows] = await self._database.rows(select(connections).where(connections.c.deleting_at.is_not(None)))
        return [connection_of(row) for row in rows]

    async def open(self, id: str) -> Opened | None:
        """Return the tokens of a connection that is being deleted, to revoke them; None when it is gone.

        Raises:
            RefreshUnderWay: others may be about to replace them.
            VaultError: as `Connections.open`.
        """
        row = await self._deleting(id)
        if row is None:
            return None
        if row.refreshing_until is not None and row.refreshing_until > self._now():
            raise RefreshUnderWay(f'The tokens of "{row.handle}" are being refreshed; they are revoked after that.')
        return Opened(connection_of(row), await open_tokens(self._envelope, row), row.version)

    async def finish(self, id: str, revocation: Revocation, *, version: int | None = None) -> bool:
        """Delete the connection and its sealed tokens, and tell whether it is gone.

        It is not where another pair has come in since the version, which has to be revoked as well.
        """
        of_id = (connections.c.id == id) & connections.c.deleting_at.is_not(None)
        of_version = of_id if version is None else of_id & (connections.c.version == version)
        now = self._now()
        async with self._database.write() as connection:
            row = (await connection.execute(delete(connections).where(of_version).returning(connections))).first()
            if row is None:
                return (await connection.execute(select(connections.c.id).where(of_id))).first() is None
            await connection.execute(delete(paces).where(paces.c.handle == row.handle))
            left = {"id": id, "handle": row.handle, "provider": row.provider, "deleted_at": now}
            left |= {"workspace_name": row.account.get("workspace_name"), "revocation": revocation.value}
            await connection.execute(insert(deleted_connections).values(left))
            await note(connection, "connection.deleted", row, now, {"revocation": revocation.value})
        return True

    async def last(self, handle: str) -> Deletion | None:
        """Return what is left of the connection that had this handle last."""
        if not is_handle(handle):
            return None
        wanted = select(deleted_connections).where(deleted_connections.c.handle == handle)
        [rows] = await self._database.rows(wanted.order_by(deleted_connections.c.deleted_at.desc()).limit(1))
        if not rows:
            return None
        row = rows[0]
        return Deletion(row.handle, row.provider, row.workspace_name, row.deleted_at, Revocation(row.revocation))

    async def _deleting(self, id: str) -> Row[Any] | None:
        wanted = select(connections).where(connections.c.id == id, connections.c.deleting_at.is_not(None))
        [rows] = await self._database.rows(wanted)
        return rows[0] if rows else None
