from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from vault import LocalKeys, Secret, Tokens, Vault, migrate
from vault.database import Database
from vault.tables import metadata

# Set it to run the same tests on PostgreSQL; everything in that database is deleted.
SERVER = os.environ.get("STEPS_TEST_DATABASE_URL")

on_sqlite_only = pytest.mark.skipif(SERVER is not None, reason="looks into SQLite's file")


@dataclass
class Clock:
    moment: datetime = field(default=datetime(2026, 3, 1, 12, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, **amount: float) -> None:
        self.moment += timedelta(**amount)


def pair(access: str = "access-1", refresh: str | None = "refresh-1", expires_at: datetime | None = None) -> Tokens:
    return Tokens(Secret(access), None if refresh is None else Secret(refresh), expires_at)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vault") / "migrated.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def database_url(migrated_file: Path, tmp_path: Path) -> str:
    if SERVER is None:
        return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'vault.db')}"
    await migrate(SERVER)
    database = Database(SERVER)
    async with database.write() as connection:
        for table in reversed(metadata.sorted_tables):
            await connection.execute(delete(table))
    await database.close()
    return SERVER


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys() -> LocalKeys:
    return LocalKeys([bytes(range(32))])


@pytest.fixture
async def vault(database_url: str, keys: LocalKeys, clock: Clock) -> AsyncIterator[Vault]:
    vault = await Vault.open(database_url, keys, now=clock)
    yield vault
    await vault.close()
