from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Executable, Row, create_engine, event, func, select
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from vault.database_url import connect_arguments, read_url
from vault.errors import VaultUnavailable

T = TypeVar("T")

_BUSY_SECONDS = 15
# A server that is gone without a word would be waited for until the network's own time-outs, which are minutes.
_CONNECT_SECONDS = 10
_STATEMENT_SECONDS = 30
# Whatever the server's own default is: under a stricter one, writers at the same time would be refused.
_ISOLATION = "READ COMMITTED"


class Database:
    """Reach the vault's database: SQLite in a file, or PostgreSQL."""

    def __init__(self, url: str, *, patient: bool = False) -> None:
        """Connect when needed; a patient one lets a statement take as long as it takes."""
        self._url = read_url(url)
        self._engine = _engine(self._url, None if patient else _STATEMENT_SECONDS)
        # SQLite's driver goes to its thread and back a dozen times for one short read; this one goes once.
        self._reader = _threaded(self._url) if self.file else None
        self._changer = _threaded(self._url, synchronous="NORMAL") if self.file else None
        self._changes = asyncio.Lock()

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        return Path(self._url.database or "") if self._url.get_backend_name() == "sqlite" else None

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """Give a connection for reading: every statement sees the same state.

        Raises:
            VaultUnavailable: the database does not answer.
        """
        with _outages():
            async with self._engine.connect() as connection:
                yield connection

    async def rows(self, *wanted: Executable) -> list[Sequence[Row[Any]]]:
        """Return the rows of each statement, all as of the same moment: for what every call and every start reads.

        Raises:
            VaultUnavailable: the database does not answer.
        """
        with _outages():
            if self._reader is not None:
                return await asyncio.to_thread(_read, self._reader, wanted)
            async with self._engine.connect() as connection:
                if len(wanted) > 1:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                return [(await connection.execute(one)).all() for one in wanted]

    @asynccontextmanager
    async def write(self, alone: str | None = None) -> AsyncGenerator[AsyncConnection]:
        """Give a connection in a transaction, committed at the end unless something is raised.

        `alone` names what two transactions must not change side by side, though they may touch no row in common.

        Raises:
            VaultUnavailable: the database does not answer.
            IntegrityError: another row is in the way.
        """
        with _outages():
            async with self._engine.connect() as connection:
                await connection.execution_options(vault_writes=True)
                async with connection.begin():
                    if alone is not None and self.file is None:  # SQLite has one writer at a time
                        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(alone, 0))))
                    yield connection

    async def change(self, work: Callable[[Connection], T]) -> T:
        """Run one short transaction, which a power cut may take back: for what is changed at every call.

        Raises:
            VaultUnavailable: the database does not answer.
        """
        with _outages():
            if self._changer is not None:
                async with self._changes:  # SQLite's own way to wait for a lock is to sleep
                    return await asyncio.to_thread(_change, self._changer, work)
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
        for engine in (self._reader, self._changer):
            if engine is not None:
                engine.dispose()


def _engine(url: URL, seconds: float | None) -> AsyncEngine:
    # hide_parameters: neither a log nor an exception prints what is stored.
    if url.get_backend_name() != "sqlite":
        url, arguments = connect_arguments(url)
        arguments |= {"timeout": _CONNECT_SECONDS, "command_timeout": seconds}
        return create_async_engine(
            url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments, isolation_level=_ISOLATION
        )
    logging.getLogger("aiosqlite").addFilter(_no_debug)
    engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _threaded(url: URL, synchronous: str = "FULL") -> Engine:
    def set_up(connection: Any, record: object) -> None:
        _set_up_sqlite(connection, record)
        connection.execute(f"PRAGMA synchronous = {synchronous}")

    engine = create_engine(url.set(drivername="sqlite"), hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", set_up)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _read(engine: Engine, wanted: Iterable[Executable]) -> list[Sequence[Row[Any]]]:
    with engine.connect() as connection:
        return [connection.execute(one).all() for one in wanted]


def _change(engine: Engine, work: Callable[[Connection], T]) -> T:
    with engine.connect().execution_options(vault_writes=True) as connection, connection.begin():
        return work(connection)


def _no_debug(record: logging.LogRecord) -> bool:
    # At that level the driver prints every statement with its parameters, which hide_parameters does not reach.
    return record.levelno > logging.DEBUG


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # The driver would begin transactions late, and none at all around DDL.
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    # A refreshed token that a power cut takes back is lost for good: the provider has retired the one before.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")  # What is deleted is overwritten, not just forgotten.
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # One that reads first and writes later fails at once when another wrote in between, whatever the time-out.
    writes = connection.get_execution_options().get("vault_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def make_private(path: Path) -> None:
    """Make the database file, if there is none, so that its owner alone can read it; SQLite's other files follow it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise VaultUnavailable(f"The database file {path} cannot be made: {error.strerror}.") from error


@contextmanager
def _outages() -> Generator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except (OperationalError, InterfaceError, OSError) as error:
        reason = getattr(error, "orig", None) or error
        raise VaultUnavailable(f"The vault's database does not answer: {_first_line(reason)}") from None
    except (DBAPIError, PoolTimeout) as error:
        # The name alone: the text of these may quote a value.
        name = type(getattr(error, "driver_exception", None) or error).__name__
        raise VaultUnavailable(f"The vault's database refused ({name}). Its own log says why.") from None


def _first_line(reason: BaseException) -> str:
    return str(reason).partition("\n")[0] or type(reason).__name__
