from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.vault.conftest import Clock
from vault import OneTimeExpired, OneTimeForeign, OneTimeUnknown, Vault
from vault.database import Database
from vault.tables import one_time

TTL = timedelta(minutes=10)
PAYLOAD = {"handle": "my-notion", "nested": [1, None, "ü"]}


async def test_a_token_gives_its_payload_once(vault: Vault) -> None:
    token = (await vault.one_time.put("state", PAYLOAD, ttl=TTL)).reveal()
    assert len(token) == 43
    assert await vault.one_time.take("state", token) == PAYLOAD
    with pytest.raises(OneTimeUnknown):
        await vault.one_time.take("state", token)


async def test_one_of_many_parallel_callers_wins(vault: Vault) -> None:
    token = (await vault.one_time.put("state", PAYLOAD, ttl=TTL, browser="b")).reveal()
    results = await asyncio.gather(
        *(vault.one_time.take("state", token, browser="b") for _ in range(20)), return_exceptions=True
    )
    assert results.count(PAYLOAD) == 1
    assert sum(isinstance(result, OneTimeUnknown) for result in results) == 19


@pytest.mark.parametrize("browser", [None, "", "other", "\ud800"])
async def test_another_browser_neither_gets_nor_uses_up_a_token(vault: Vault, browser: str | None) -> None:
    token = (await vault.one_time.put("state", PAYLOAD, ttl=TTL, browser="mine")).reveal()
    with pytest.raises(OneTimeForeign):
        await vault.one_time.take("state", token, browser=browser)
    assert await vault.one_time.take("state", token, browser="mine") == PAYLOAD


async def test_a_token_of_no_browser_is_anyones(vault: Vault) -> None:
    token = (await vault.one_time.put("sign-in", PAYLOAD, ttl=TTL)).reveal()
    assert await vault.one_time.take("sign-in", token, browser="any") == PAYLOAD


async def test_a_token_is_good_for_its_purpose_only(vault: Vault) -> None:
    token = (await vault.one_time.put("state", PAYLOAD, ttl=TTL)).reveal()
    with pytest.raises(OneTimeUnknown):
        await vault.one_time.take("sign-in", token)
    assert await vault.one_time.take("state", token) == PAYLOAD


@pytest.mark.parametrize("token", ["", "never-issued", "ü", "\ud800", "a\x00"])
async def test_any_other_token_is_unknown(vault: Vault, token: str) -> None:
    with pytest.raises(OneTimeUnknown):
        await vault.one_time.take("state", token)


async def test_an_old_token_has_expired_and_is_swept_later(vault: Vault, database: Database, clock: Clock) -> None:
    token = (await vault.one_time.put("state", PAYLOAD, ttl=TTL)).reveal()
    clock.advance(minutes=10)
    with pytest.raises(OneTimeExpired):
        await vault.one_time.take("state", token)
    clock.advance(hours=1)
    await vault.one_time.put("state", PAYLOAD, ttl=TTL)
    async with database.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(one_time))).scalar_one() == 1
    with pytest.raises(OneTimeUnknown):
        await vault.one_time.take("state", token)


async def test_token_and_browser_are_stored_as_digests(vault: Vault, database: Database) -> None:
    token = (await vault.one_time.put("state", PAYLOAD, ttl=TTL, browser="browser-cookie")).reveal()
    async with database.read() as connection:
        (row,) = await connection.execute(select(one_time))
    assert token not in str(row)
    assert "browser-cookie" not in str(row)
