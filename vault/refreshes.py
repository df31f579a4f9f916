from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, func, update

from vault.database import Database
from vault.handles import is_handle
from vault.tables import connections
from vault.times import Clock, utc_now

Turn = Literal["first", "again"]
"""`again`: an earlier refresh of the same pair began, and nobody knows what became of it."""


class Refreshes:
    """Give the turn to refresh a pair of tokens to one caller at a time."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database, self._now = database, now

    async def begin(self, handle: str, *, version: int, lease: timedelta) -> Turn | None:
        """Tell exactly one caller to refresh this pair, until the lease ends or the tokens are replaced."""
        if not is_handle(handle):
            return None
        now, until = self._moment(), connections.c.refreshing_until
        leased = {"refreshing_until": now + lease}
        living = connections.c.deleting_at.is_(None)  # what is being deleted is revoked, and not refreshed
        if await self._change(handle, version, until.is_(None) & living, leased):
            return "first"
        return "again" if await self._change(handle, version, (until <= now) & living, leased) else None

    async def end(self, handle: str, *, version: int, unknown: timedelta | None = None) -> None:
        """Give the turn back; where nobody knows what the refresh did, the next one comes after that long, `again`."""
        until = None if unknown is None else self._moment() + unknown
        await self._change(handle, version, connections.c.refreshing_until.is_not(None), {"refreshing_until": until})

    def _moment(self) -> datetime | ColumnElement[datetime]:
        """Return the time by one clock for all: by its own, a worker may end another's turn, and spend its tokens."""
        one_machine = self._database.file is not None
        return self._now() if one_machine or self._now is not utc_now else func.clock_timestamp()

    async def _change(self, handle: str, version: int, state: ColumnElement[bool], values: dict[str, Any]) -> bool:
        of_pair = (connections.c.handle == handle) & (connections.c.version == version)
        async with self._database.write() as connection:
            changed = await connection.execute(update(connections).where(of_pair, state).values(values))
        return changed.rowcount == 1
