from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.vault.conftest import on_sqlite_only, pair
from vault import (
    Account,
    DatabaseUrlInvalid,
    Envelope,
    KeyFileInvalid,
    LocalKeys,
    TamperedSecret,
    Vault,
    VaultError,
    VaultNotMigrated,
    VaultUnavailable,
    WrappedKey,
    WrongKey,
    migrate,
)
from vault.database import Database
from vault.tables import connections, key_checks

OTHER = LocalKeys([bytes(32)])


async def test_the_same_key_opens_the_vault_again(vault: Vault, database_url: str, keys: LocalKeys) -> None:
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    again = await Vault.open(database_url, keys)
    assert (await again.connections.open("ada")).tokens.access.reveal() == "access-1"
    await again.close()


async def test_a_wrong_key_does_not_open_the_vault(vault: Vault, database_url: str) -> None:
    with pytest.raises(WrongKey, match="does not open this database"):
        await Vault.open(database_url, OTHER)


async def test_a_new_primary_key_opens_the_vault_beside_the_old_one(vault: Vault, database_url: str) -> None:
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    rotated = await Vault.open(database_url, LocalKeys([bytes(32), bytes(range(32))]))
    assert (await rotated.connections.open("ada")).tokens.access.reveal() == "access-1"
    await rotated.close()


async def test_a_wrong_key_opens_no_row_either(vault: Vault, database: Database) -> None:
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    async with database.read() as connection:
        sealed = (await connection.execute(select(connections.c.access))).scalar_one()
    with pytest.raises((WrongKey, TamperedSecret)):
        await Envelope(OTHER).open(sealed, b"")


class Outage(LocalKeys):
    out = False

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        if self.out:
            raise ConnectionError("sealed")
        return await super().wrap(data_key, context)

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        if self.out:
            raise ConnectionError("sealed")
        return await super().unwrap(wrapped, context)


async def test_without_the_key_provider_nothing_is_stored_or_opened(database_url: str, database: Database) -> None:
    keys = Outage([bytes(range(32))])
    vault = await Vault.open(database_url, keys)
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    keys.out = True
    attempts = [
        vault.ready(),
        vault.connections.open("ada"),
        vault.connections.save("ada", "notion", Account("bot"), pair("access-2")),
        vault.connections.save("bob", "notion", Account("bob"), pair("access-3")),
        vault.connections.replace_tokens("ada", version=1, tokens=pair("access-4")),
        vault.variables.set("w", "KEY", "s3cret", secret=True, hosts=["a.example"]),
        Vault.open(database_url, keys),
    ]
    for attempt in attempts:
        with pytest.raises(VaultUnavailable) as refusal:
            await attempt
        assert refusal.value.retryable
    keys.out = False
    await vault.ready()
    assert (await vault.connections.open("ada")).tokens.access.reveal() == "access-1"
    assert [connection.handle for connection in await vault.connections.list()] == ["ada"]
    assert await vault.variables.list() == []
    await vault.close()


async def test_without_a_key_the_vault_does_not_even_begin(database_url: str, database: Database) -> None:
    keys = Outage([bytes(range(32))])
    keys.out = True
    with pytest.raises(VaultUnavailable):
        await Vault.open(database_url, keys)
    async with database.read() as connection:
        assert (await connection.execute(select(key_checks))).all() == []


async def test_first_opens_at_once_agree_on_one_key(database_url: str, keys: LocalKeys) -> None:
    rings = [keys, OTHER] * 4
    results = await asyncio.gather(*(Vault.open(database_url, ring) for ring in rings), return_exceptions=True)
    opened = [result for result in results if isinstance(result, Vault)]
    assert len(opened) == 4
    assert sum(isinstance(result, WrongKey) for result in results) == 4
    for vault in opened:
        await vault.close()


@on_sqlite_only
async def test_an_empty_or_missing_database_says_how_to_migrate(tmp_path: Path, keys: LocalKeys) -> None:
    path = tmp_path / "vault.db"
    for _ in ("missing", "empty"):
        with pytest.raises(VaultNotMigrated, match=r"python cli\.py migrate"):
            await Vault.open(f"sqlite:///{path}", keys)
        path.touch()
    await migrate(f"sqlite:///{path}")
    await (await Vault.open(f"sqlite:///{path}", keys)).close()


@on_sqlite_only
async def test_ready_tells_when_the_database_has_gone(vault: Vault, database_url: str) -> None:
    await vault.ready()
    os.unlink(database_url.removeprefix("sqlite:///"))
    with pytest.raises(VaultError):
        await vault.ready()


@on_sqlite_only
async def test_a_file_that_is_no_database_is_unavailable(tmp_path: Path, keys: LocalKeys) -> None:
    (tmp_path / "vault.db").write_bytes(b"not a database, not even close, and long enough to be read as one" * 20)
    with pytest.raises(VaultUnavailable):
        await Vault.open(f"sqlite:///{tmp_path}/vault.db", keys)


@on_sqlite_only
async def test_a_lost_key_file_is_noticed_at_the_next_start(migrated_file: Path, tmp_path: Path) -> None:
    url, key_file = f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'v.db')}", tmp_path / "vault.key"
    await (await Vault.open(url, LocalKeys.from_file(key_file))).close()
    key_file.unlink()
    with pytest.raises(WrongKey):
        await Vault.open(url, LocalKeys.from_file(key_file))
    key_file.write_text("damaged")
    with pytest.raises(KeyFileInvalid):
        LocalKeys.from_file(key_file)


async def test_a_database_that_does_not_answer_is_an_outage_without_the_password(keys: LocalKeys) -> None:
    url = "postgresql://ada:canary@127.0.0.1:1/vault"
    for attempt in (Vault.open(url, keys), migrate(url)):
        with pytest.raises(VaultUnavailable) as refusal:
            await attempt
        assert "canary" not in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["", "canary", "mysql://canary@h/d", "sqlite://", "sqlite:///:memory:", "postgresql://a:b@h:canary/d"]
)
async def test_a_url_that_cannot_be_used_is_refused_without_repeating_it(url: str, keys: LocalKeys) -> None:
    with pytest.raises(DatabaseUrlInvalid) as refusal:
        await Vault.open(url, keys)
    assert "canary" not in str(refusal.value)
