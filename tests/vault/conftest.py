from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import pytest

from tests.postgres import Deployed
from vault import LocalKeys, Secret, Tokens, Vault, migrate
from vault.database import Database

Kind = Literal["sqlite", "postgresql"]

on_sqlite_only = pytest.mark.sqlite
"""For what looks into SQLite's file, or needs a database for each of many examples."""


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run what needs a database on each kind of it."""
    if "kind" in metafunc.fixturenames:
        sqlite_only = metafunc.definition.get_closest_marker("sqlite") is not None
        metafunc.parametrize("kind", ["sqlite"] if sqlite_only else ["sqlite", "postgresql"])


@pytest.fixture
def database_url(kind: Kind, migrated_file: Path, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An empty vault's database; PostgreSQL is used by the role that the API and the workers have."""
    if kind == "sqlite":
        return f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'vault.db')}"
    deployed: Deployed = request.getfixturevalue("deployed")
    deployed.empty()
    return deployed.application


@pytest.fixture
def owner_url(kind: Kind, database_url: str, request: pytest.FixtureRequest) -> str:
    """The same database, as whoever migrates it reaches it."""
    return database_url if kind == "sqlite" else request.getfixturevalue("deployed").owner


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
