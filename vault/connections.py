from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from vault.connection import Account, Connection, ConnectionStatus, Opened, Tokens
from vault.connection_errors import AccountDiffers, ConnectionBeingDeleted
from vault.connection_events import ConnectionEvents, EventType, note
from vault.connection_rows import Place, connection_of, open_tokens, place_of, seal_tokens
from vault.database import Database
from vault.deletions import Deletions
from vault.envelope import Envelope
from vault.errors import AccountAlreadyConnected, ConnectionUnknown, HandleTaken, VaultUnavailable
from vault.handles import check_handle, is_handle
from vault.refreshes import Refreshes
from vault.tables import connections
from vault.times import USE_NOTED_EVERY, Clock
from vault.tokens import new_id

__all__ = ["Account", "Connection", "ConnectionStatus", "Connections", "Opened", "Tokens"]

_SAVE_ATTEMPTS = 8
_EVENTS: dict[ConnectionStatus, EventType] = {
    ConnectionStatus.ACTIVE: "connection.reconnected",
    ConnectionStatus.NEEDS_REAUTHORIZATION: "connection.needs_reauthorization",
    ConnectionStatus.REVOKED: "connection.revoked",
}


class Connections:
    """Keep OAuth connections, their tokens sealed."""

    def __init__(self, database: Database, envelope: Envelope, now: Clock) -> None:
        self._database = database
        self._envelope = envelope
        self._now = now
        self.refreshes = Refreshes(database, now)
        self.deletions = Deletions(database, envelope, now)
        self.events = ConnectionEvents(database)

    async def save(self, handle: str, provider: str, account: Account, tokens: Tokens) -> Connection:
        """Store what an authorization gave: a new connection, or a new pair for the same account.

        Raises:
            HandleInvalid: the text cannot be a handle.
            HandleTaken: the handle belongs to another account; nothing is stored.
            AccountAlreadyConnected: the account has another handle. Its connection has the new pair, because the
                provider may have retired the one before.
            ConnectionBeingDeleted: so is the one of the account or of the handle; nothing is stored.
        """
        check_handle(handle)
        for _ in range(_SAVE_ATTEMPTS):
            same_account, same_handle = await self._rivals(handle, provider, account.id)
            for rival in (same_account, same_handle):
                if rival is not None and rival.deleting_at is not None:
                    raise ConnectionBeingDeleted(rival.handle)
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

    async def reconnect(self, id: str, handle: str, provider: str, account: Account, tokens: Tokens) -> Connection:
        """Store a new pair for this very connection, whatever its handle stands for by now.

        Raises:
            ConnectionUnknown: it was deleted meanwhile; nothing is stored.
            ConnectionBeingDeleted: it is being deleted; nothing is stored.
            AccountDiffers: the authorization is another account's; nothing is stored.
            AccountDiffers, AccountAlreadyConnected: with the handle of that account's own connection, which has the
                new pair, as `save` would have it.
        """
        [rows] = await self._database.rows(select(connections).where(connections.c.id == id))
        row = rows[0] if rows else None
        if row is None or row.account_id != account.id:
            other, _ = await self._rivals(handle, provider, account.id)
            renewed = None if other is None else await self._renew(other, account, tokens)
            if row is not None:
                raise AccountDiffers(connection_of(row), account, other=renewed.handle if renewed else None)
            raise AccountAlreadyConnected(handle=renewed.handle) if renewed else ConnectionUnknown(handle)
        if renewed := await self._renew(row, account, tokens):
            return renewed
        raise ConnectionBeingDeleted(handle)

    async def get(self, handle: str) -> Connection:
        """Return the connection.

        Raises:
            ConnectionUnknown: no connection has this handle.
        """
        return connection_of(await self._row(handle))

    async def list(self) -> list[Connection]:
        """Return every connection, by handle."""
        async with self._database.read() as connection:
            rows = await connection.execute(select(connections).order_by(connections.c.handle))
            return [connection_of(row) for row in rows]

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
            allow(connection_of(row))
        tokens = await open_tokens(self._envelope, row)
        used = await self._note_use(row)
        return Opened(connection_of(row, used), tokens, row.version)

    async def replace_tokens(self, handle: str, *, version: int, tokens: Tokens) -> bool:
        """Store the pair that a refresh gave, unless the pair it came from has been replaced: then return False.

        A connection that needed a new authorization is active again; a revoked one stays revoked.

        Raises:
            ConnectionUnknown: no connection has this handle.
        """
        needed, c = ConnectionStatus.NEEDS_REAUTHORIZATION.value, connections.c
        for _ in range(_SAVE_ATTEMPTS):
            row = await self._row(handle)
            if row.version != version:
                return False
            values = await seal_tokens(self._envelope, place_of(row), tokens, row)
            # The sealed pair too: where its keys were wrapped anew meanwhile, the old wrapping must not come back.
            of_pair = (c.id == row.id) & (c.version == version) & (c.access == row.access)
            same = of_pair & c.refresh.is_not_distinct_from(row.refresh)
            async with self._database.write() as connection:
                after = (
                    await connection.execute(update(connections).where(same).values(values).returning(connections))
                ).first()
                if after is not None and after.status == needed:
                    active = update(connections).where(c.id == row.id).values(status=ConnectionStatus.ACTIVE.value)
                    await connection.execute(active)
                    await note(connection, "connection.reconnected", after, self._now())
            if after is not None:
                return True
        raise VaultUnavailable(f'The connection "{handle}" is being changed by too many callers at once. Try again.')

    async def mark(
        self,
        handle: str,
        status: ConnectionStatus,
        *,
        version: int | None = None,
        before: ConnectionStatus | None = None,
    ) -> bool:
        """Set the status (of that pair, from that status) and tell whether there was such a connection.

        The event of the transition is written with it, or not at all: of many callers at once, by one.
        """
        if not is_handle(handle):
            return False
        conditions = [connections.c.handle == handle, connections.c.deleting_at.is_(None)]
        if version is not None:
            conditions.append(connections.c.version == version)
        if before is not None:
            conditions.append(connections.c.status == before.value)
        async with self._database.write() as connection:
            wanted = select(connections).where(*conditions).with_for_update()
            row = (await connection.execute(wanted)).first()
            if row is not None and row.status != status.value:
                of_id = connections.c.id == row.id
                await connection.execute(update(connections).where(of_id).values(status=status.value))
                await note(connection, _EVENTS[status], row, self._now())
        return row is not None

    async def verified(self, id: str) -> None:
        """Note that the provider takes the connection's token."""
        await self._change(connections.c.id == id, values={"verified_at": self._now()})

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
        values = await seal_tokens(self._envelope, place_of(row), tokens) | fresh
        living = (connections.c.id == row.id) & connections.c.deleting_at.is_(None)
        async with self._database.write() as connection:
            renewed = update(connections).where(living).values(values).returning(connections)
            after = (await connection.execute(renewed)).first()
            if after is not None:
                await note(connection, "connection.reconnected", after, self._now())
        return None if after is None else connection_of(after)

    async def _create(self, handle: str, provider: str, account: Account, tokens: Tokens) -> Connection | None:
        place = Place(new_id(), handle, provider)
        now = self._now()
        created = {"created_at": now, "authorized_at": now, "status": ConnectionStatus.ACTIVE.value}
        row = place._asdict() | {"account_id": account.id, "account": asdict(account)} | created
        row |= await seal_tokens(self._envelope, place, tokens) | {"version": 1}
        try:
            async with self._database.write() as connection:
                after = (await connection.execute(insert(connections).values(row).returning(connections))).one()
                await note(connection, "connection.created", after, now)
        except IntegrityError:
            return None
        return connection_of(after)

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
