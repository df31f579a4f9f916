from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.vault.conftest import Clock
from vault import ApiKeyUnknown, Session, Vault
from vault.database import Database
from vault.tables import sessions

HOUR = timedelta(hours=1)


async def test_a_session_lives_until_it_expires(vault: Vault, clock: Clock) -> None:
    token = (await vault.sessions.create(key_id=None, ttl=HOUR)).reveal()
    session = await vault.sessions.get(token)
    assert session == Session(session.id if session else "", None, clock(), clock() + HOUR)
    clock.advance(minutes=59)
    assert await vault.sessions.get(token) == session
    clock.advance(minutes=1)
    assert await vault.sessions.get(token) is None


async def test_a_session_ends_with_its_api_key(vault: Vault) -> None:
    key, _ = await vault.api_keys.create("laptop", ["admin"])
    other, _ = await vault.api_keys.create("desk", ["admin"])
    mine, theirs = [(await vault.sessions.create(key_id=k.id, ttl=HOUR)).reveal() for k in (key, other)]
    session = await vault.sessions.get(mine)
    assert session is not None
    assert session.key_id == key.id
    await vault.api_keys.revoke(key.id)
    assert await vault.sessions.get(mine) is None
    assert await vault.sessions.get(theirs) is not None


async def test_a_session_needs_an_api_key_that_exists(vault: Vault) -> None:
    with pytest.raises(ApiKeyUnknown):
        await vault.sessions.create(key_id="nobody", ttl=HOUR)


async def test_a_session_can_be_ended(vault: Vault) -> None:
    token = (await vault.sessions.create(key_id=None, ttl=HOUR)).reveal()
    await vault.sessions.delete("another")
    assert await vault.sessions.get(token) is not None
    await vault.sessions.delete(token)
    assert await vault.sessions.get(token) is None


@pytest.mark.parametrize("token", ["", "unknown", "ü", "\ud800", "a\x00"])
async def test_any_other_token_has_no_session(vault: Vault, token: str) -> None:
    assert await vault.sessions.get(token) is None


async def test_only_a_digest_is_stored_and_old_rows_are_swept(vault: Vault, database: Database, clock: Clock) -> None:
    token = (await vault.sessions.create(key_id=None, ttl=HOUR)).reveal()
    async with database.read() as connection:
        (row,) = await connection.execute(select(sessions))
    assert token not in str(row)
    clock.advance(hours=1)
    await vault.sessions.create(key_id=None, ttl=HOUR)
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(sessions))).scalar_one() == 1
