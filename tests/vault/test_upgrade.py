"""From the tables of every version before to those of this one, on both databases."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, MetaData, insert, select, text

from settings import ROOT
from tests.vault.conftest import Clock, Kind
from tests.vault.test_migration import differences
from vault import LocalKeys, Vault, VaultNotMigrated, migrate
from vault.database import Database

# What the code of revision 0003 stored under the key of these tests, as its own vault wrote it; but for `paces`.
RELEASED: dict[str, list[dict[str, Any]]] = json.loads((Path(__file__).parent / "released.json").read_text("utf-8"))
REVISIONS = {"0001": {*RELEASED} - {"webhook_tokens", "paces"}, "0002": {*RELEASED} - {"paces"}, "0003": {*RELEASED}}
API_KEY = "steps_jNVkPtQ4onZgzWIrCNDk8rob3sgkJmVo7LyEaYhojHg"  # of released.json

P = ParamSpec("P")
T = TypeVar("T")
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def new_url(kind: Kind, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database that nobody has migrated."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path}/new.db"
        return
    postgres = request.getfixturevalue("postgres")
    name = postgres.make()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.mark.parametrize("revision", REVISIONS)
async def test_what_an_earlier_version_stored_is_kept_and_used(
    new_url: str, keys: LocalKeys, clock: Clock, revision: str
):
    before = await as_of(new_url, revision)
    await migrate(new_url)
    assert await look(new_url, differences) == []
    after = await look(new_url, rows_of, [*before])
    for table, rows in before.items():
        assert rows
        assert [{column: new[column] for column in old} for old, new in zip(rows, after[table], strict=True)] == rows
    vault = await Vault.open(new_url, keys, now=clock)
    opened = await vault.connections.open("my-notion")
    assert opened.tokens.access.reveal() == "access-1"
    assert (await vault.connections.get("my-notion")).account.workspace_name == "Workspace"
    assert (await vault.variables.open("OrderToNotion", "KEY")).reveal() == "secret-value"
    assert (await vault.api_keys.verify(API_KEY)).name == "laptop"
    await vault.close()


def test_processes_that_migrate_an_old_database_at_once_do_it_once(new_url: str):
    asyncio.run(as_of(new_url, "0001"))
    code = "import asyncio, sys; from vault import migrate; asyncio.run(migrate(sys.argv[1]))"
    started = [subprocess.Popen([sys.executable, "-c", code, new_url], cwd=ROOT) for _ in range(2)]
    assert [process.wait(timeout=60) for process in started] == [0, 0]
    assert asyncio.run(look(new_url, differences)) == []


def test_a_migration_that_is_interrupted_leaves_all_as_it_was(new_url: str):
    """It is killed after the first changes were made."""
    before = asyncio.run(as_of(new_url, "0003"))
    old = asyncio.run(look(new_url, shape))
    code = (
        "import asyncio, sys, time, vault.migration as m; from alembic import op; "
        "op.create_index = lambda *a, **k: (print('in the middle', flush=True), time.sleep(600)); "
        "asyncio.run(m.migrate(sys.argv[1]))"
    )
    with subprocess.Popen([sys.executable, "-c", code, new_url], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"in the middle\n"
        process.send_signal(signal.SIGKILL)
    assert asyncio.run(look(new_url, shape)) == old
    assert asyncio.run(look(new_url, rows_of, [*before])) == before
    asyncio.run(migrate(new_url))
    assert asyncio.run(look(new_url, differences)) == []


async def test_a_newer_database_is_refused_with_what_to_do(new_url: str, keys: LocalKeys):
    await migrate(new_url)
    database = Database(new_url)
    async with database.write() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await database.close()
    with pytest.raises(VaultNotMigrated, match=r"9999.*newer version"):
        await Vault.open(new_url, keys)
    with pytest.raises(VaultNotMigrated, match=r"9999.*newer version"):
        await migrate(new_url)


async def test_a_vault_goes_on_while_its_tables_grow(new_url: str, keys: LocalKeys):
    """A migration that adds columns and tables may run before the processes of the version before have ended."""
    await migrate(new_url)
    vault = await Vault.open(new_url, keys)
    await vault.variables.set("w", "X", "1")
    database = Database(new_url)
    async with database.write() as connection:
        for table in ("variables", "connections", "sessions"):
            await connection.execute(text(f"ALTER TABLE {table} ADD COLUMN later TEXT"))
    await vault.variables.set("w", "X", "2")
    assert (await vault.variables.get("w", "X")).value == "2"
    assert await vault.connections.list() == []
    await database.close()
    await vault.close()


async def as_of(url: str, revision: str) -> Rows:
    """Make the tables of an earlier version, with what it stored in them."""

    def make(connection: Connection) -> Rows:
        config = Config()
        config.set_main_option("script_location", str(ROOT / "vault" / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        tables = reflected(connection).tables
        for name in (name for name in RELEASED if name in REVISIONS[revision]):
            table = tables[name]
            for row in RELEASED[name]:
                values = {column: read(table.c[column].type.python_type, value) for column, value in row.items()}
                connection.execute(insert(table).values(values))
        return rows_of(connection, [*REVISIONS[revision]])

    database = Database(url)
    async with database.write() as connection:
        rows = await connection.run_sync(make)
    await database.close()
    return rows


def read(kind: type[Any], value: Any) -> Any:
    if kind is datetime:
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return bytes.fromhex(value) if kind is bytes else value


def reflected(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(connection)
    return found


def rows_of(connection: Connection, names: list[str]) -> Rows:
    tables = reflected(connection).tables
    return {
        name: [
            dict(row)
            for row in connection.execute(select(tables[name]).order_by(*tables[name].primary_key.columns)).mappings()
        ]
        for name in names
    }


def shape(connection: Connection) -> dict[str, list[str]]:
    """The tables that there are, and their columns."""
    return {name: [column.name for column in table.columns] for name, table in reflected(connection).tables.items()}


async def look(url: str, work: Callable[Concatenate[Connection, P], T], *arguments: P.args, **more: P.kwargs) -> T:
    database = Database(url)
    try:
        async with database.read() as connection:
            return await connection.run_sync(work, *arguments, **more)
    finally:
        await database.close()
