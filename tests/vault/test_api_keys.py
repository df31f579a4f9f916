from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.vault.conftest import Clock
from vault import ApiKeyInvalid, ApiKeyRefused, ApiKeyUnknown, Vault
from vault.database import Database
from vault.tables import api_keys


async def test_a_key_is_shown_once_and_verified(vault: Vault, clock: Clock) -> None:
    key, text = await vault.api_keys.create("laptop", ("read", "admin"))
    assert re.fullmatch(r"steps_[A-Za-z0-9_-]{43}", text.reveal())
    assert text.reveal().startswith(key.prefix)
    assert len(key.prefix) == 12
    verified = await vault.api_keys.verify(text.reveal())
    assert (verified.id, verified.name, verified.scopes) == (key.id, "laptop", ("read", "admin"))
    assert (verified.created_at, verified.last_used_at, verified.revoked_at) == (clock(), clock(), None)


async def test_one_id_makes_one_key(vault: Vault) -> None:
    key, text = await vault.api_keys.create("laptop", ["read"], id="0" * 32)
    assert key.id == "0" * 32
    with pytest.raises(ApiKeyRefused) as refused:
        await vault.api_keys.create("another", ["admin"], id=key.id)
    assert refused.value.field == "id"
    assert await vault.api_keys.verify(text.reveal())
    assert [one.name for one in await vault.api_keys.list()] == ["laptop"]


async def test_only_a_digest_is_stored(vault: Vault, database: Database) -> None:
    _, text = await vault.api_keys.create("laptop", ["admin"])
    async with database.read() as connection:
        (row,) = await connection.execute(select(api_keys))
    assert text.reveal() not in str(row)
    assert text.reveal()[12:] not in str(row)


async def test_unknown_malformed_and_revoked_keys_look_alike(vault: Vault) -> None:
    _, text = await vault.api_keys.create("laptop", ["admin"])
    revoked, gone = await vault.api_keys.create("old", ["admin"])
    await vault.api_keys.revoke(revoked.id)
    good = text.reveal()
    bad = ["", "steps_", good[:-1], good + "\n", f" {good}", good.upper(), "ü", "\ud800", "a\x00", f"steps_{'a' * 43}"]
    seen: set[str] = set()
    for attempt in (*bad, gone.reveal()):
        with pytest.raises(ApiKeyInvalid) as refusal:
            await vault.api_keys.verify(attempt)
        seen.add(str(refusal.value))
    assert len(seen) == 1


async def test_use_is_noted_once_a_minute(vault: Vault, clock: Clock) -> None:
    _, text = await vault.api_keys.create("laptop", ["admin"])
    first = clock()
    await vault.api_keys.verify(text.reveal())
    clock.advance(seconds=59)
    assert (await vault.api_keys.verify(text.reveal())).last_used_at == first
    clock.advance(seconds=1)
    await vault.api_keys.verify(text.reveal())
    assert [key.last_used_at for key in await vault.api_keys.list()] == [clock()]


async def test_the_newest_key_is_listed_first_and_a_revoked_one_stays(vault: Vault, clock: Clock) -> None:
    old, _ = await vault.api_keys.create("old", ["admin"])
    clock.advance(seconds=1)
    await vault.api_keys.create("new", ["admin"])
    await vault.api_keys.revoke(old.id)
    assert [(key.name, key.revoked_at) for key in await vault.api_keys.list()] == [("new", None), ("old", clock())]


async def test_the_first_revocation_counts(vault: Vault, clock: Clock) -> None:
    key, _ = await vault.api_keys.create("old", ["admin"])
    first = (await vault.api_keys.revoke(key.id)).revoked_at
    clock.advance(hours=1)
    assert (await vault.api_keys.revoke(key.id)).revoked_at == first


@pytest.mark.parametrize("id", ["", "a" * 32, "a\x00", "\ud800"])
async def test_an_unknown_id_is_not_revoked(vault: Vault, id: str) -> None:
    with pytest.raises(ApiKeyUnknown):
        await vault.api_keys.revoke(id)


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("", ["admin"]),
        ("a\n", ["admin"]),
        ("n" * 101, ["admin"]),
        ("a", []),
        ("a", [""]),
        ("a", ["Admin"]),
        ("a", ["a b"]),
        ("a", ["read", "runs:start"]),
    ],
)
async def test_a_bad_name_or_scope_is_refused(vault: Vault, name: str, scopes: list[str]) -> None:
    with pytest.raises(ApiKeyRefused):
        await vault.api_keys.create(name, scopes)


async def test_a_key_ends_when_it_expires_and_its_sessions_with_it(vault: Vault, clock: Clock) -> None:
    key, text = await vault.api_keys.create("laptop", ["read"], expires_at=clock() + timedelta(hours=1))
    token = (await vault.sessions.create(key_id=key.id, ttl=timedelta(hours=12))).reveal()
    clock.advance(minutes=59)
    assert (await vault.api_keys.verify(text.reveal())).expires_at == key.expires_at
    assert await vault.sessions.get(token) is not None
    clock.advance(minutes=1)
    with pytest.raises(ApiKeyInvalid):
        await vault.api_keys.verify(text.reveal())
    assert await vault.sessions.get(token) is None
    assert await vault.sessions.list() == []


async def test_a_key_that_would_end_at_once_is_refused(vault: Vault, clock: Clock) -> None:
    with pytest.raises(ApiKeyRefused):
        await vault.api_keys.create("laptop", ["read"], expires_at=clock())


async def test_a_key_says_who_made_it_and_names_each_scope_once(vault: Vault) -> None:
    await vault.api_keys.create("laptop", ["admin", "read", "read"], created_by="the desk")
    (key,) = await vault.api_keys.list()
    assert (key.created_by, key.scopes) == ("the desk", ("read", "admin"))
