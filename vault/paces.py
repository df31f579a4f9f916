from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TypeVar

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from vault.database import Database
from vault.pace import SECOND, Ask, Limit, Pace, Turn
from vault.tables import paces

T = TypeVar("T")

Now = Callable[[Connection], int]


class Paces:
    """Space the calls of each connection, for all workers together; a handle needs no row to begin with.

    Every method raises VaultUnavailable when the database does not answer.
    """

    def __init__(self, database: Database, now: Now | None = None) -> None:
        self._database = database
        # One machine has SQLite's file; elsewhere the workers' clocks may differ, and the server's counts.
        self._now = now or (_clock if database.file else _clock_of_server)

    async def take(self, handle: str, limit: Limit, ask: Ask) -> Turn:
        """Take the next slot of the connection, or a place in its queue where that is too far ahead."""
        return await self._change(handle, lambda pace, now: pace.take(now, limit, ask))

    async def confirm(self, handle: str, limit: Limit, turn: Turn) -> int | None:
        """Return how much longer a call waits in its slot, 0 if it may leave; None if it must take another slot."""
        return await self._change(handle, lambda pace, now: pace.confirm(now, limit, turn))

    async def hold(self, handle: str, limit: Limit, seconds: float) -> None:
        """Let no call of the connection be sent for so long."""
        await self._change(handle, lambda pace, now: pace.hold(now, limit, round(seconds * SECOND)))

    async def _change(self, handle: str, change: Callable[[Pace, int], T]) -> T:
        def work(connection: Connection) -> T:
            before = _locked(connection, handle)
            pace = Pace(**asdict(before))
            # Only now: the lock may have been waited for.
            result = change(pace, self._now(connection))
            if pace != before:
                connection.execute(update(paces).where(paces.c.handle == handle).values(asdict(pace)))
            return result

        return await self._database.change(work)


def _locked(connection: Connection, handle: str) -> Pace:
    wanted = select(*(paces.c[name] for name in asdict(Pace()))).where(paces.c.handle == handle).with_for_update()
    row = connection.execute(wanted).first()
    if row is None:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(insert(paces).values(handle=handle, **asdict(Pace())).on_conflict_do_nothing())
        row = connection.execute(wanted).one()
    return Pace(*row)


def _clock(_connection: Connection) -> int:
    return time.time_ns() // 1_000


def _clock_of_server(connection: Connection) -> int:
    seconds = connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one()
    return int(seconds * SECOND)
