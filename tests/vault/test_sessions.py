from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from tests.vault.conftest import Clock
from vault import ApiKeyUnknown, Person, Session, Vault
from vault.database import Database
from vault.tables import api_keys, sessions

HOUR = timedelta(hours=1)


async def test_a_session_lives_until_it_expires(vault: Vault, clock: Clock) -> None:
    token = (await vault.sessions.create(key_id=None, ttl=HOUR)).reveal()
    session = await vault.sessions.get(token)
    assert session == Session(session.id if session else "", None, clock(), clock() + HOUR, clock())
    clock.advance(minutes=59)
    assert await vault.sessions.get(token) is not None
    clock.advance(minutes=1)
    assert await vault.sessions.get(token) is None


async def test_to_look_at_a_session_is_no_use_of_it(vault: Vault, clock: Clock) -> None:
    token = (await vault.sessions.create(key_id=None, ttl=12 * HOUR)).reveal()
    (session,) = await vault.sessions.list()
    clock.advance(minutes=90)
    assert await vault.sessions.find(session.id) == await vault.sessions.get(token, noted=False) == session
    clock.advance(minutes=30)
    assert await vault.sessions.find(session.id) is None
    assert await vault.sessions.get(token, noted=False) is None


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


ADA = Person("https://id.example", "1", "ada@example.com", ("ops",))


async def test_a_session_that_is_not_used_ends_and_one_that_is_goes_on(vault: Vault, clock: Clock) -> None:
    used, idle = [(await vault.sessions.create(person=ADA, ttl=12 * HOUR)).reveal() for _ in range(2)]
    for _ in range(3):
        clock.advance(hours=1, minutes=30)
        assert await vault.sessions.get(used) is not None
    assert await vault.sessions.get(idle) is None
    assert len(await vault.sessions.list()) == 1


async def test_a_session_ends_however_much_it_is_used(vault: Vault, clock: Clock) -> None:
    token = (await vault.sessions.create(person=ADA, ttl=3 * HOUR)).reveal()
    for _ in range(2):
        clock.advance(hours=1)
        assert await vault.sessions.get(token) is not None
    clock.advance(hours=1)
    assert await vault.sessions.get(token) is None


async def test_a_session_has_the_scopes_that_its_key_has_now(vault: Vault, database: Database) -> None:
    key, _ = await vault.api_keys.create("laptop", ["operate", "trigger"])
    token = (await vault.sessions.create(key_id=key.id, ttl=HOUR)).reveal()
    assert (await living(vault, token)).scopes == ("trigger", "operate")
    async with database.write() as connection:
        await connection.execute(update(api_keys).values(scopes=["read"]))
    assert (await living(vault, token)).scopes == ("read",)


async def test_a_session_knows_its_person(vault: Vault) -> None:
    token = (await vault.sessions.create(person=ADA, ttl=HOUR)).reveal()
    session = await living(vault, token)
    assert (session.person, session.key_id, session.scopes) == (ADA, None, ())


async def test_sessions_of_one_owner_know_each_other(vault: Vault) -> None:
    key, _ = await vault.api_keys.create("laptop", ["admin"])
    owners: list[dict[str, Any]] = [
        {"key_id": key.id},
        {"key_id": key.id},
        {"person": ADA},
        {"person": replace(ADA, email=None, groups=())},
        {"person": replace(ADA, subject="2")},
        {"person": replace(ADA, issuer="https://other.example")},
        {},
        {},
    ]
    found = [await living(vault, (await vault.sessions.create(**owner, ttl=HOUR)).reveal()) for owner in owners]
    pairs = {(a, b) for a, one in enumerate(found) for b, other in enumerate(found) if one.same_owner(other)}
    assert {pair for pair in pairs if pair[0] < pair[1]} == {(0, 1), (2, 3)}


async def test_a_session_is_ended_by_its_id(vault: Vault) -> None:
    token = (await vault.sessions.create(person=ADA, ttl=HOUR)).reveal()
    session = await living(vault, token)
    assert [await vault.sessions.end(session.id) for _ in range(2)] == [True, False]
    assert await vault.sessions.get(token) is None


async def living(vault: Vault, token: str) -> Session:
    session = await vault.sessions.get(token)
    assert session is not None
    return session
