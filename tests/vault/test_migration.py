from __future__ import annotations

import asyncio
import subprocess
import sys
from datetime import timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import CheckConstraint, Connection, inspect, text
from sqlalchemy.exc import StatementError

from tests.vault.conftest import Clock, Kind, on_sqlite_only
from vault import LocalKeys, Vault, VaultNotMigrated, migrate
from vault.database import Database
from vault.migration import SCRIPTS, revisions
from vault.tables import metadata


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_the_migrations_make_exactly_the_tables_of_the_code(database: Database) -> None:
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []


def test_the_revisions_follow_each_other_as_their_files_are_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    assert list(revisions()) == known[::-1]


async def test_the_check_on_secret_variables_is_the_same_in_both(database: Database, kind: Kind) -> None:
    async with database.read() as connection:
        made = await connection.run_sync(lambda sync: inspect(sync).get_check_constraints("variables"))
    (wanted,) = [c for c in metadata.tables["variables"].constraints if isinstance(c, CheckConstraint)]
    assert [constraint["name"] for constraint in made] == [wanted.name]
    if kind == "sqlite":  # Another server rewrites the text.
        assert [constraint["sqltext"] for constraint in made] == [str(wanted.sqltext)]


async def test_a_second_run_changes_nothing(database_url: str, owner_url: str, keys: LocalKeys) -> None:
    vault = await Vault.open(database_url, keys)
    await vault.variables.set("w", "X", "kept")
    await asyncio.gather(*(migrate(owner_url) for _ in range(3)))
    assert (await vault.variables.get("w", "X")).value == "kept"
    await vault.close()


@on_sqlite_only
async def test_tasks_that_migrate_at_once_do_it_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/vault.db"
    await asyncio.gather(*(migrate(url) for _ in range(4)))
    database = Database(url)
    async with database.read() as connection:
        assert await connection.run_sync(differences) == []
    await database.close()


@on_sqlite_only
def test_processes_that_migrate_at_once_do_it_once(tmp_path: Path) -> None:
    code = "import asyncio, sys; from vault import migrate; asyncio.run(migrate(sys.argv[1]))"
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/new/vault.db"]
    started = [subprocess.Popen(command, cwd=Path(__file__).parents[2]) for _ in range(2)]
    assert [process.wait(timeout=60) for process in started] == [0, 0]


@on_sqlite_only
async def test_the_database_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "vault.db"
    await migrate(f"sqlite:///{path}")
    assert path.stat().st_mode & 0o777 == 0o600
    database = Database(f"sqlite:///{path}")
    async with database.write() as connection:
        await connection.execute(text("UPDATE one_time SET purpose = ''"))
        assert {file.stat().st_mode & 0o077 for file in path.parent.iterdir()} == {0}
    await database.close()


@on_sqlite_only
async def test_sqlite_is_set_up_on_every_connection(database: Database) -> None:
    async with database.read() as one, database.read() as other:
        for connection in (one, other):
            settings = {
                name: (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("journal_mode", "foreign_keys", "secure_delete", "synchronous", "busy_timeout")
            }
            assert settings == {
                "journal_mode": "wal",
                "foreign_keys": 1,
                "secure_delete": 1,
                "synchronous": 2,
                "busy_timeout": 15_000,
            }


@on_sqlite_only
@pytest.mark.parametrize("revision", ["0001", None])
async def test_another_version_of_the_tables_is_refused(
    database_url: str, keys: LocalKeys, revision: str | None
) -> None:
    database = Database(database_url)
    async with database.write() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
        if revision:
            await connection.execute(text("INSERT INTO alembic_version VALUES (:revision)"), {"revision": revision})
    await database.close()
    with pytest.raises(VaultNotMigrated, match="and this version needs 0"):
        await Vault.open(database_url, keys)


async def test_moments_come_back_aware(vault: Vault, clock: Clock) -> None:
    clock.moment = clock.moment.astimezone(timezone(timedelta(hours=5)))
    await vault.variables.set("w", "X", "1")
    updated_at = (await vault.variables.get("w", "X")).updated_at
    assert updated_at == clock.moment
    assert updated_at.utcoffset() == timedelta(0)


async def test_a_naive_moment_is_refused(vault: Vault, clock: Clock) -> None:
    clock.moment = clock.moment.replace(tzinfo=None)
    with pytest.raises(StatementError, match="without a zone"):
        await vault.variables.set("w", "X", "1")
