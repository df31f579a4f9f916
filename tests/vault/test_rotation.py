"""Bringing every sealed value under another key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, insert, select, update

from tests.vault.conftest import Clock
from tests.vault.rotating import check, fill, keys, sweep
from vault import Envelope, LocalKeys, Secret, Vault, WebhookTokens, WrappedKey, WrongKey
from vault.database import Database
from vault.envelope import with_key, wrapped_key
from vault.rotation import Rotation
from vault.sealed_columns import SEALED_COLUMNS, columns_of
from vault.tables import connections, key_checks, metadata, trigger_secrets, variables
from vault.vault import HOOK_CHECK_ID, check_context

__all__ = ["keys"]


@pytest.fixture
def rotation(database: Database, tmp_path: Path, keys: LocalKeys) -> Rotation:
    return Rotation(database, LocalKeys.from_existing(tmp_path / "vault.key"))


async def sealed_values(database: Database) -> list[bytes]:
    wanted = [
        select(column.column).where(column.filled).order_by(*column.table.primary_key.columns)
        for column in SEALED_COLUMNS
    ]
    return [row[0] for rows in await database.rows(*wanted) for row in rows]


def test_every_binary_column_is_in_the_list_of_sealed_ones() -> None:
    """One that is no sealed value, should there ever be one, is to be named here."""
    binary = {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, LargeBinary)
    }
    assert {f"{column.table.name}.{column.column.name}" for column in SEALED_COLUMNS} == binary
    assert len({column.name for column in SEALED_COLUMNS}) == len(SEALED_COLUMNS)


@pytest.mark.parametrize("most", [1, 2, 100])
async def test_everything_is_under_the_new_key_and_the_old_one_opens_nothing(
    vault: Vault, rotation: Rotation, database: Database, tmp_path: Path, most: int
) -> None:
    aside = LocalKeys.from_file(Path(shutil.copy(tmp_path / "vault.key", tmp_path / "aside.key")))
    await fill(vault)
    old = await rotation.current()
    assert await rotation.count() == {old: 7}
    new = await rotation.begin(old)
    assert await rotation.left() == 7
    pages = await sweep(rotation, most)
    assert sum(page.rewrapped for page in pages) == 7
    assert (await rotation.left(), await rotation.count()) == (0, {new: 7})
    assert await rotation.retire(new)
    assert LocalKeys.from_existing(tmp_path / "vault.key").key_ids == (new,)
    await check(vault)
    for column in SEALED_COLUMNS:
        [rows] = await database.rows(select(column.table).where(column.filled))
        assert rows or column.table in (key_checks, trigger_secrets)
        for row in rows:
            with pytest.raises(WrongKey):
                await Envelope(aside).open(getattr(row, column.column.key), column.context(row))


async def test_a_second_sweep_finds_nothing_to_do(vault: Vault, rotation: Rotation, database: Database) -> None:
    await fill(vault)
    await rotation.begin(await rotation.current())
    await sweep(rotation)
    before = await sealed_values(database)
    assert {page.rewrapped + page.overtaken for page in await sweep(rotation)} == {0}
    assert await sealed_values(database) == before


async def test_not_a_byte_of_the_values_themselves_changes(
    vault: Vault, rotation: Rotation, database: Database
) -> None:
    await fill(vault)
    nothing = WrappedKey("", b"")
    before = [with_key(sealed, nothing) for sealed in await sealed_values(database)]
    await rotation.begin(await rotation.current())
    await sweep(rotation)
    assert [with_key(sealed, nothing) for sealed in await sealed_values(database)] == before


async def test_what_no_key_opens_is_named_and_holds_up_nothing_else(
    vault: Vault, rotation: Rotation, database: Database
) -> None:
    await fill(vault)
    row = (await database.rows(select(connections).where(connections.c.handle == "ada")))[0][0]
    foreign = await Envelope(LocalKeys([b"x" * 32])).seal("secret", b"elsewhere")
    async with database.write() as connection:
        changed = update(connections).where(connections.c.id == row.id)
        await connection.execute(changed.values(access=foreign, refresh=b"\xff"))
        await connection.execute(update(variables).where(variables.c.secret).values(hosts=["evil.example"]))
    await rotation.begin(await rotation.current())
    pages = await sweep(rotation)
    assert {place for page in pages for place in page.unreadable} == {
        f"connections.access of {row.id}", f"connections.refresh of {row.id}", "variables.sealed of w KEY",
    }  # fmt: skip
    assert await rotation.left() == 3
    assert (await vault.connections.open("bob")).tokens.access.reveal() == "access-bob"
    counted = await rotation.count()
    assert counted[await rotation.current()] == 4
    assert sum(counted.values()) == 7


async def test_two_keys_of_one_database_rotate_apart(
    vault: Vault, database: Database, keys: LocalKeys, tmp_path: Path, clock: Clock
) -> None:
    """As with a hook key of its own: here for the tokens of events, and for one row of the key checks."""
    hook_keys = LocalKeys.from_file(tmp_path / "hook.key")
    hooks = WebhookTokens(database, Envelope(hook_keys), clock)
    await vault.variables.set("w", "KEY", "secret", secret=True, hosts=["a.example"])
    await hooks.receive("notion", Secret("events"))
    check = await Envelope(hook_keys).seal("check", check_context(HOOK_CHECK_ID))
    async with database.write() as connection:
        await connection.execute(insert(key_checks).values(id=HOOK_CHECK_ID, sealed=check))
    master = Rotation(database, keys, columns_of("master"))
    hook = Rotation(database, hook_keys, columns_of("hooks"))
    assert hook.columns == [
        "key_checks.sealed/hooks", "webhook_tokens.sealed/hooks", "trigger_secrets.sealed/hooks",
    ]  # fmt: skip
    for rotation, number in ((master, 2), (hook, 2)):
        old = await rotation.current()
        assert await rotation.count() == {old: number}
        new = await rotation.begin(old)
        assert sum(page.rewrapped for page in await sweep(rotation)) == number
        assert await rotation.retire(new)
        assert await rotation.count() == {new: number}
    assert (await hooks.reveal("notion"))[1].reveal() == "events"
    assert (await vault.variables.open("w", "KEY")).reveal() == "secret"
    await vault.ready()


async def test_with_a_wrong_key_no_new_one_is_made(vault: Vault, database: Database, tmp_path: Path) -> None:
    await fill(vault)
    wrong = LocalKeys.from_file(tmp_path / "wrong.key")
    with pytest.raises(WrongKey, match="no new one was made"):
        await Rotation(database, wrong).begin(await wrong.current())
    assert LocalKeys.from_file(tmp_path / "wrong.key").key_ids == wrong.key_ids


async def test_the_old_key_is_kept_while_anything_is_sealed_under_it(
    vault: Vault, rotation: Rotation, tmp_path: Path
) -> None:
    await fill(vault)
    new = await rotation.begin(await rotation.current())
    assert not await rotation.retire(new)
    await sweep(rotation)
    assert await rotation.retire(new)
    assert LocalKeys.from_existing(tmp_path / "vault.key").key_ids == (new,)


async def test_a_beginning_that_is_repeated_makes_one_key(vault: Vault, rotation: Rotation, keys: LocalKeys) -> None:
    await vault.ready()
    old = await rotation.current()
    assert await rotation.begin(old) == await rotation.begin(old)
    await keys.current()
    assert len(keys.key_ids) == 2


async def test_a_process_that_starts_in_the_middle_reads_both_and_seals_under_the_new_key(
    vault: Vault, rotation: Rotation, database: Database, database_url: str, tmp_path: Path, clock: Clock
) -> None:
    await fill(vault)
    new = await rotation.begin(await rotation.current())
    await rotation.rewrap("connections.access", None, most=1)
    started = await Vault.open(database_url, LocalKeys.from_file(tmp_path / "vault.key"), now=clock)
    await check(started)
    await started.variables.set("w", "LATER", "secret", secret=True, hosts=["a.example"])
    [rows] = await database.rows(select(variables.c.sealed).where(variables.c.name == "LATER"))
    assert wrapped_key(rows[0][0]).key_id == new
    await started.close()
