from __future__ import annotations

import pytest
from sqlalchemy import select, update

from tests.vault.conftest import pair
from vault import Account, TamperedSecret, Vault, VaultError
from vault.database import Database
from vault.tables import connections

ADA = Account("bot-ada")
BOB = Account("bot-bob")

# The column that is moved, and what is left in its place.
SWAPS = {"access": b"-", "refresh": b"-", "id": "-", "handle": "-", "provider": "-"}


@pytest.mark.parametrize("column", SWAPS)
async def test_a_token_moved_to_another_row_does_not_open(vault: Vault, database: Database, column: str) -> None:
    await vault.connections.save("ada", "notion", ADA, pair("access-ada", "refresh-ada"))
    await vault.connections.save("bob", "github", BOB, pair("access-bob", "refresh-bob"))
    async with database.write() as connection:
        theirs = connections.c.account_id == BOB.id
        value = (await connection.execute(select(connections.c[column]).where(theirs))).scalar_one()
        await connection.execute(update(connections).where(theirs).values({column: SWAPS[column]}))
        await connection.execute(update(connections).where(connections.c.account_id == ADA.id).values({column: value}))
    with pytest.raises(TamperedSecret):
        await vault.connections.open("bob" if column == "handle" else "ada")


async def test_a_token_moved_to_another_field_does_not_open(vault: Vault, database: Database) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    async with database.write() as connection:
        await connection.execute(update(connections).values(access=connections.c.refresh))
    with pytest.raises(TamperedSecret):
        await vault.connections.open("ada")


@pytest.mark.parametrize("blob", [b"", b"access-1", b"\x01", bytes(200)])
async def test_plain_or_broken_bytes_do_not_open(vault: Vault, database: Database, blob: bytes) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    async with database.write() as connection:
        await connection.execute(update(connections).values(access=blob))
    with pytest.raises(VaultError) as refusal:
        await vault.connections.open("ada")
    assert type(refusal.value) is TamperedSecret
    assert (await vault.connections.get("ada")).last_used_at is None
