from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from vault.database import Database
from vault.tables import connection_events
from vault.tokens import new_id

EventType = Literal[
    "connection.created",
    "connection.reconnected",
    "connection.needs_reauthorization",
    "connection.revoked",
    "connection.deleted",
]


@dataclass(frozen=True)
class ConnectionEvent:
    """Something that happened to a connection; `data` never holds a token."""

    id: str
    at: datetime
    type: str
    data: dict[str, Any]


class ConnectionEvents:
    """Keep what happened to connections until somebody has taken it over."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self, most: int = 100) -> list[ConnectionEvent]:
        """Return what nobody has taken over yet, the oldest first."""
        wanted = select(connection_events).order_by(connection_events.c.at, connection_events.c.id).limit(most)
        [rows] = await self._database.rows(wanted)
        return [ConnectionEvent(row.id, row.at, row.type, row.data) for row in rows]

    async def forget(self, id: str) -> None:
        """Forget an event that somebody has taken over."""
        async with self._database.write() as connection:
            await connection.execute(delete(connection_events).where(connection_events.c.id == id))


async def note(
    connection: AsyncConnection, type: EventType, row: Row[Any], at: datetime, more: Mapping[str, Any] | None = None
) -> None:
    """Write an event down in the transaction that makes it true: neither is ever there without the other."""
    account = row.account
    data: dict[str, Any] = {
        "id": row.id,
        "handle": row.handle,
        "provider": row.provider,
        "workspace": {"id": account.get("workspace_id"), "name": account.get("workspace_name")},
        **(more or {}),
    }
    await connection.execute(insert(connection_events).values(id=new_id(), at=at, type=type, data=data))
