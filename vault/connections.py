from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, case, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from vault.connection import Account, Connection, ConnectionStatus, Opened, Tokens
from vault.database import Database
from vault.envelope import Envelope, context_of
from vault.errors import AccountAlreadyConnected, ConnectionUnknown, HandleTaken, VaultUnavailable
from vault.handles import check_handle, is_handle
from vault.refreshes import Refreshes
from vault.secret import Secret
from vault.tables import connections, paces
from vault.times import USE_NOTED_EVERY, Clock
from vault.tokens import new_id

__all__ = ["Account", "Connection", "ConnectionStatus", "Connections", "Opened", "Tokens"]

_SAVE_ATTEMPTS = 8


class Connections:
    """Keep OAuth connections, their tokens sealed."""

    def __init__(self, database: Database, envelope: Envelope, now: Clock) -> None:
        self._database = database
        self._envelope = envelope
        self._now = now
        self.refreshes = Refreshes(database, now)

    async def save(self, handle: str, provider: str, account: Account, tokens: Tokens) -> Connection:
        """Store what an authorization gave: a new connection, or a new pair for the same account.

        Raises:
            HandleInvalid: the text cannot be a handle.
            HandleTaken: the handle belongs to another account; nothing is stored.
            AccountAlreadyConnected: the account has another handle. Its connection has the new pair, because the
                provider may have retired the one before.
        """
        check_handle(handle)
        for _ in range(_SAVE_ATTEMPTS):
            same_account, same_handle = await self._rivals(handle, provider, account.id)
            if same_account is not None:
                saved = await self._renew(same_account, account, tokens)
            elif same_handle is not None:
                raise HandleTaken(handle)
            else:
                saved = await self._create(handle, provider, account, tokens)
            if saved is None:
                continue  # Another call created or deleted the row in between: look again.
            if saved.handle != handle:
                raise AccountAlreadyConnected(handle=saved.handle)
            return saved
        raise VaultUnavailable(f'The connection "{handle}" is being changed by too many callers at once. Try again.')

    async def get(self, handle: str) -> Connection:
        """Return the connection.

        Raises:
            ConnectionUnknown: no connection has this handle.
        """
        return _connection(await self._row(handle))

    async def list(self) -> list[Connection]:
        """Return every connection, by handle."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(connections).order_by(connections.c.handle))
            return [_connection(row) for row in rows]

    async def delete(self, handle: str) -> Connection:
        """Delete the connection and its sealed tokens, and return what it was.

        Raises:
            ConnectionUnknown: no connection has this handle.
        """
        row = await self._row(handle)
        async with self._database.write() as connection:
            gone = await connection.execute(delete(connections).where(connections.c.id == row.id))
            await connection.execute(delete(paces).where(paces.c.handle == handle))
        if not gone.rowcount:
            raise ConnectionUnknown(handle)
        return _connection(row)

    async def open(self, handle: str, allow: Callable[[Connection], None] | None = None) -> Opened:
        """Return the connection with its tokens, whatever its status; the caller decides what that allows.

        What `allow` raises of the connection is raised before its tokens are opened.

        Raises:
            ConnectionUnknown: no connection has this handle.
            TamperedSecret: the stored tokens were changed or moved.
            WrongKey: the tokens were sealed with a key that is not here.
            VaultUnavailable: the database or the key provider does not answer.
        """
        row = await self._row(handle)
        if allow is not None:
            allow(_connection(row))
        access = Secret(await self._envelope.open(row.access, _place(row).context("access")))
        refresh = None
        if row.refresh is not None:
            refresh = Secret(await self._envelope.open(row.refresh, _place(row).context("refresh")))
        used = await self._note_use(row)
        return Opened(_connection(row, used), Tokens(access, refresh, row.expires_at), row.version)

    async def replace_tokens(self, handle: str, *, version: int, tokens: Tokens) -> bool:
        """Store the pair that a refresh gave, unless the pair it came from has been replaced: then return False.

        A connection that needed a new authorization is active again; a revoked one stays revoked.

        Raises:
            ConnectionUnknown: no connection has this handle.
        """
        row = await self._row(handle)
        needed = ConnectionStatus.NEEDS_REAUTHORIZATION
        values = await self._sealed(_place(row), tokens) | {
            "status": case((connections.c.status == needed, ConnectionStatus.ACTIVE), else_=connections.c.status)
        }
        return await self._change(connections.c.id == row.id, connections.c.version == version, values=values)

    async def mark(
        self,
        handle: str,
        status: ConnectionStatus,
        *,
        version: int | None = None,
        before: ConnectionStatus | None = None,
    ) -> bool:
        """Set the status (of that pair, from that status) and tell whether there was such a connection."""
        if not is_handle(handle):
            return False
        conditions = [connections.c.handle == handle]
        if version is not None:
            conditions.append(connections.c.version == version)
        if before is not None:
            conditions.append(connections.c.status == before.value)
        return await self._change(*conditions, values={"status": status.value})

    async def _row(self, handle: str) -> Row[Any]:
        if not is_handle(handle):
            raise ConnectionUnknown(handle)
        [found] = await self._database.rows(select(connections).where(connections.c.handle == handle))
        if not found:
            raise ConnectionUnknown(handle)
        return found[0]

    async def _rivals(self, handle: str, provider: str, account_id: str) -> tuple[Row[Any] | None, Row[Any] | None]:
        of_account = (connections.c.provider == provider) & (connections.c.account_id == account_id)
        wanted = select(connections).where(or_(of_account, connections.c.handle == handle))
        async with self._database.read() as connection:
            rows = (await connection.execute(wanted)).all()
        same_account = next((row for row in rows if (row.provider, row.account_id) == (provider, account_id)), None)
        return same_account, next((row for row in rows if row.handle == handle), None)

    async def _renew(self, row: Row[Any], account: Account, tokens: Tokens) -> Connection | None:
        fresh = {"account": asdict(account), "status": ConnectionStatus.ACTIVE.value, "authorized_at": self._now()}
        values = await self._sealed(_place(row), tokens) | fresh
        renewed = update(connections).where(connections.c.id == row.id).values(values).returning(connections)
        async with self._database.write() as connection:
            after = (await connection.execute(renewed)).first()
        return None if after is None else _connection(after)

    async def _create(self, handle: str, provider: str, account: Account, tokens: Tokens) -> Connection | None:
        place = _Place(new_id(), handle, provider)
        now = self._now()
        created = {"created_at": now, "authorized_at": now, "status": ConnectionStatus.ACTIVE.value}
        row = place._asdict() | {"account_id": account.id, "account": asdict(account)} | created
        row |= await self._sealed(place, tokens) | {"version": 1}
        try:
            async with self._database.write() as connection:
                after = (await connection.execute(insert(connections).values(row).returning(connections))).one()
        except IntegrityError:
            return None
        return _connection(after)

    async def _sealed(self, place: _Place, tokens: Tokens) -> dict[str, Any]:
        refresh = None
        if tokens.refresh is not None:
            refresh = await self._envelope.seal(tokens.refresh.reveal(), place.context("refresh"))
        return {
            "access": await self._envelope.seal(tokens.access.reveal(), place.context("access")),
            "refresh": refresh,
            "expires_at": tokens.expires_at,
            "version": connections.c.version + 1,
            "refreshing_until": None,
        }

    async def _note_use(self, row: Row[Any]) -> datetime:
        now = self._now()
        if row.last_used_at is not None and now - row.last_used_at < USE_NOTED_EVERY:
            return row.last_used_at
        await self._change(connections.c.id == row.id, values={"last_used_at": now})
        return now

    async def _change(self, *conditions: ColumnElement[bool], values: Mapping[str, Any]) -> bool:
        async with self._database.write() as connection:
            changed = await connection.execute(update(connections).where(*conditions).values(values))
        return changed.rowcount == 1


class _Place(NamedTuple):
    """What a sealed token is bound to: none of it ever changes while the connection lives."""

    id: str
    handle: str
    provider: str

    def context(self, field: str) -> bytes:
        # The handle and the provider too: who can write to the database must not point a workflow at another account,
        # nor a token at another provider's hosts.
        return context_of("connections", self.id, field, self.handle, self.provider)


def context_of_token(row: Row[Any], field: str) -> bytes:
    """Name what a token in this row is bound to."""
    return _place(row).context(field)


def _place(row: Row[Any]) -> _Place:
    return _Place(row.id, row.handle, row.provider)


def _connection(row: Row[Any], last_used_at: datetime | None = None) -> Connection:
    return Connection(
        id=row.id,
        handle=row.handle,
        provider=row.provider,
        status=ConnectionStatus(row.status),
        account=Account(**row.account),
        created_at=row.created_at,
        last_used_at=last_used_at or row.last_used_at,
        authorized_at=row.authorized_at,
    )
