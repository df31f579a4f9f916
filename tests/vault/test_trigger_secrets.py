"""What the senders of triggers sign with, and which of their addresses count."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.vault.conftest import Clock, on_sqlite_only
from vault import Secret, TamperedSecret, Vault
from vault.database import Database
from vault.tables import trigger_secrets
from vault.trigger_addresses import TriggerAddress
from vault.trigger_errors import TriggerSecretInvalid
from vault.trigger_secrets import LONGEST_KEPT

ONE, TWO, THREE = (Secret(f"what-the-shop-signs-with-{number}") for number in (1, 2, 3))
HOUR = timedelta(hours=1)


async def counting(vault: Vault, workflow: str = "Orders") -> list[str]:
    return [secret.reveal()[-1] for secret in await vault.trigger_secrets.counting(workflow)]


async def test_a_secret_counts_until_it_is_replaced_and_as_long_as_it_is_kept(vault: Vault, clock: Clock):
    await vault.trigger_secrets.set("Orders", ONE)
    assert (await counting(vault), await counting(vault, "Others")) == (["1"], [])
    clock.advance(days=400)
    await vault.trigger_secrets.set("Orders", TWO, keep=HOUR)
    assert await counting(vault) == ["2", "1"]
    clock.advance(minutes=59)
    assert await counting(vault) == ["2", "1"]
    clock.advance(minutes=1)
    assert await counting(vault) == ["2"]
    assert [(one.workflow, one.until) for one in await vault.trigger_secrets.list()] == [("Orders", None)]


@on_sqlite_only
async def test_without_keeping_the_new_one_counts_alone_whatever_was_kept_before(vault: Vault, clock: Clock):
    await vault.trigger_secrets.set("Orders", ONE)
    await vault.trigger_secrets.set("Orders", TWO, keep=LONGEST_KEPT)
    clock.advance(seconds=1)
    await vault.trigger_secrets.set("Orders", THREE)
    assert await counting(vault) == ["3"]


async def test_of_many_that_are_set_at_the_same_moment_one_counts(vault: Vault):
    for _ in range(5):
        await asyncio.gather(*(vault.trigger_secrets.set("Orders", secret) for secret in (ONE, TWO, THREE, ONE)))
        assert len(await counting(vault)) == 1


@on_sqlite_only
async def test_to_keep_the_one_before_makes_none_good_for_longer_than_was_said(vault: Vault, clock: Clock):
    await vault.trigger_secrets.set("Orders", ONE)
    await vault.trigger_secrets.set("Orders", TWO, keep=HOUR)
    clock.advance(minutes=1)
    await vault.trigger_secrets.set("Orders", THREE, keep=LONGEST_KEPT)
    assert sorted(await counting(vault)) == ["1", "2", "3"]
    clock.advance(minutes=59)
    assert await counting(vault) == ["3", "2"]


@on_sqlite_only
async def test_the_database_holds_it_sealed_and_for_its_own_workflow(vault: Vault, database: Database):
    await vault.trigger_secrets.set("Orders", ONE)
    [rows] = await database.rows(select(trigger_secrets))
    assert ONE.reveal().encode() not in rows[0].sealed
    async with database.write() as connection:
        await connection.execute(update(trigger_secrets).values(workflow="Others"))
    with pytest.raises(TamperedSecret):
        await counting(vault, "Others")


@on_sqlite_only
@pytest.mark.parametrize(
    ("text", "keep"),
    [
        ("short", 0), ("x" * 1025, 0), (" a-space-before", 0), ("a-line-behind-it\n", 0), ("a\ttab-inside-it", 0),
        ("é" * 20, 0), ("a-good-long-secret", -1), ("a-good-long-secret", LONGEST_KEPT.total_seconds() + 1),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_secret_is_refused_without_repeating_it(vault: Vault, text: str, keep: float):
    with pytest.raises(TriggerSecretInvalid) as refused:
        await vault.trigger_secrets.set("Orders", Secret(text), keep=timedelta(seconds=keep))
    assert text not in str(refused.value)
    assert await vault.trigger_secrets.list() == []


async def test_each_replacement_is_another_address_and_the_one_before_ends(vault: Vault, clock: Clock):
    assert TriggerAddress().counting(clock()) == (0,)
    first = await vault.trigger_addresses.rotate("Orders", keep=HOUR)
    assert first.counting(clock()) == (1, 0)
    assert first.counting(clock() + HOUR) == (1,)
    second = await vault.trigger_addresses.rotate("Orders", keep=timedelta(0))
    assert second.counting(clock()) == (2,)
    assert await vault.trigger_addresses.all() == {"Orders": second}
    with pytest.raises(TriggerSecretInvalid, match="30 days at most"):
        await vault.trigger_addresses.rotate("Orders", keep=LONGEST_KEPT + HOUR)
