from __future__ import annotations

import base64
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from tests.vault.conftest import on_sqlite_only, pair
from tests.vault.deleting import delete
from vault import Account, LocalKeys, Secret, Vault, VaultError, VaultUnavailable
from vault.database import Database
from vault.tables import api_keys, connections

CANARIES = [
    "canary-access-1",
    "canary-refresh-1",
    "canary-access-2",
    "canary-refresh-2",
    "canary-variable",
    "canary-events",
]


def on_disk(url: str) -> dict[str, bytes]:
    path = Path(url.removeprefix("sqlite:///"))
    return {file.name: file.read_bytes() for file in path.parent.glob(f"{path.name}*")}


def spellings(canary: str) -> list[bytes]:
    plain = canary.encode()
    return [plain, plain.hex().encode(), base64.b64encode(plain), canary.encode("utf-16-le")]


async def used(vault: Vault) -> list[str]:
    """Use every room of the vault and return what may lie nowhere."""
    account = Account("bot", "ws", "Workspace")
    await vault.connections.save("ada", "notion", account, pair("canary-access-1", "canary-refresh-1"))
    await vault.connections.replace_tokens("ada", version=1, tokens=pair("canary-access-2", "canary-refresh-2"))
    await vault.connections.open("ada")
    await vault.variables.set("w", "KEY", "canary-variable", secret=True, hosts=["a.example"])
    await vault.variables.open("w", "KEY")
    await vault.webhook_tokens.receive("notion", Secret("canary-events"))
    await vault.webhook_tokens.note_event((await vault.webhook_tokens.reveal("notion"))[0])
    await vault.webhook_tokens.counting("notion")
    key, api_key = await vault.api_keys.create("laptop", ["admin"])
    await vault.api_keys.verify(api_key.reveal())
    session = await vault.sessions.create(key_id=key.id, ttl=timedelta(hours=1))
    state = await vault.one_time.put("state", {}, ttl=timedelta(hours=1), browser="canary-browser")
    return [*CANARIES, "canary-browser", api_key.reveal(), session.reveal(), state.reveal()]


@on_sqlite_only
async def test_no_secret_lies_in_the_database_files(database_url: str, keys: LocalKeys) -> None:
    vault = await Vault.open(database_url, keys)
    canaries = await used(vault)
    live = on_disk(database_url)
    await vault.close()
    assert any(name.endswith("-wal") and content for name, content in live.items())
    for content in (*live.values(), *on_disk(database_url).values()):
        assert not [canary for canary in canaries for spelling in spellings(canary) if spelling in content]
    assert b"Workspace" in on_disk(database_url)["vault.db"]


@on_sqlite_only
async def test_a_deleted_connection_leaves_not_even_its_ciphertext(
    database_url: str, database: Database, keys: LocalKeys
) -> None:
    vault = await Vault.open(database_url, keys)
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    async with database.read() as connection:
        row = (await connection.execute(select(connections.c.access, connections.c.refresh))).one()
    await delete(vault, "ada")
    await vault.close()
    await database.close()
    files = on_disk(database_url)
    assert list(files) == ["vault.db"]
    assert row.access not in files["vault.db"]
    assert row.refresh not in files["vault.db"]


async def test_no_secret_reaches_a_log(database_url: str, keys: LocalKeys, caplog: pytest.LogCaptureFixture) -> None:
    for name in (None, "sqlalchemy.engine", "sqlalchemy.pool", "aiosqlite", "alembic"):
        caplog.set_level(logging.DEBUG, name)
    vault = await Vault.open(database_url, keys)
    canaries = await used(vault)
    await vault.variables.set("w", "PLAIN", "a plain value")
    await vault.close()
    assert "INSERT INTO variables" in caplog.text
    assert [canary for canary in [*canaries, "a plain value"] if canary in caplog.text] == []


async def test_the_database_repeats_no_parameter(vault: Vault, database: Database) -> None:
    key, _ = await vault.api_keys.create("laptop", ["admin"])
    row: dict[str, Any] = {"id": key.id, "name": "canary", "prefix": "", "digest": "", "scopes": []}
    row["created_at"] = key.created_at
    with pytest.raises(IntegrityError) as refusal:
        async with database.write() as connection:
            await connection.execute(insert(api_keys).values(row))
    assert "canary" not in str(refusal.value)


@on_sqlite_only
async def test_an_outage_shows_no_parameter(vault: Vault, database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE connections"))
    with pytest.raises(VaultUnavailable) as refusal:
        await vault.connections.get("canary-handle")
    assert "canary" not in str(refusal.value)
    assert "SELECT" not in str(refusal.value)
    assert refusal.value.__suppress_context__


async def test_nothing_of_the_vault_shows_a_secret(vault: Vault) -> None:
    await used(vault)
    shown = [
        await vault.connections.open("ada"),
        await vault.connections.list(),
        await vault.variables.list(),
        await vault.api_keys.list(),
        await vault.webhook_tokens.counting("notion"),
        vars(vault),
    ]
    assert "canary" not in repr(shown)


async def test_no_refusal_repeats_a_secret(vault: Vault) -> None:
    await used(vault)
    attempts = [
        vault.connections.save("ada", "notion", Account("other"), pair("canary-access-1")),
        vault.connections.save("bob", "notion", Account("bot"), pair("canary-access-1")),
        vault.variables.set("w", "KEY", "canary" * 4000, secret=True, hosts=["a.example"]),
        vault.variables.set("w", "bad name", "canary", secret=True, hosts=["a.example"]),
        vault.api_keys.verify("canary"),
        vault.one_time.take("state", "canary"),
    ]
    for attempt in attempts:
        with pytest.raises(VaultError) as refusal:
            await attempt
        assert "canary" not in str(refusal.value)
