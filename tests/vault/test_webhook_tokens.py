from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from tests.vault.conftest import Clock
from vault import Secret, TamperedSecret, Vault, WebhookToken, WebhookTokenUnclear, WebhookTokenUnknown
from vault.database import Database
from vault.tables import webhook_tokens
from vault.webhook_tokens import MOST_PENDING

ONE, TWO, THREE = (Secret(f"secret_{name}") for name in ("one", "two", "three"))


async def shaken(vault: Vault, clock: Clock, token: Secret) -> WebhookToken:
    clock.advance(seconds=1)
    return await vault.webhook_tokens.receive("notion", token)


async def seen(vault: Vault, clock: Clock, token: Secret) -> WebhookToken:
    received = await shaken(vault, clock, token)
    return (await vault.webhook_tokens.reveal("notion", received.id))[0]


async def counting(vault: Vault) -> list[str]:
    return [token.reveal() for _, token in await vault.webhook_tokens.counting("notion")]


async def ids(vault: Vault) -> list[str]:
    return [token.id for token in await vault.webhook_tokens.list("notion")]


async def test_a_token_counts_once_an_operator_has_seen_it(vault: Vault, clock: Clock) -> None:
    received = await shaken(vault, clock, ONE)
    assert (received.received_at, received.revealed_at, received.verified_at) == (clock(), None, None)
    assert await counting(vault) == []
    clock.advance(seconds=1)
    revealed, token = await vault.webhook_tokens.reveal("notion")
    assert (token.reveal(), revealed.id, revealed.revealed_at) == ("secret_one", received.id, clock())
    assert await counting(vault) == ["secret_one"]
    clock.advance(seconds=1)
    again, token = await vault.webhook_tokens.reveal("notion")
    assert (token.reveal(), again) == ("secret_one", revealed)


async def test_without_a_handshake_there_is_nothing_to_reveal(vault: Vault, clock: Clock) -> None:
    with pytest.raises(WebhookTokenUnknown, match="No such verification token has come"):
        await vault.webhook_tokens.reveal("notion")
    await shaken(vault, clock, ONE)
    with pytest.raises(WebhookTokenUnknown):
        await vault.webhook_tokens.reveal("notion", "another")
    with pytest.raises(WebhookTokenUnknown):
        await vault.webhook_tokens.reveal("another")


async def test_of_several_tokens_the_operator_names_the_one_to_see(vault: Vault, clock: Clock) -> None:
    one = await seen(vault, clock, ONE)
    await vault.webhook_tokens.note_event(one)
    two = await shaken(vault, clock, TWO)
    with pytest.raises(WebhookTokenUnclear, match="2 verification tokens have come"):
        await vault.webhook_tokens.reveal("notion")
    assert await counting(vault) == ["secret_one"]
    assert (await vault.webhook_tokens.reveal("notion", two.id))[1].reveal() == "secret_two"


async def test_the_same_handshake_again_is_the_same_token_and_the_newest(vault: Vault, clock: Clock) -> None:
    one = await seen(vault, clock, ONE)
    two = await shaken(vault, clock, TWO)
    assert await ids(vault) == [two.id, one.id]
    again = await shaken(vault, clock, ONE)
    assert (again.id, again.revealed_at, again.received_at) == (one.id, one.revealed_at, clock())
    assert await ids(vault) == [one.id, two.id]
    await asyncio.gather(*(vault.webhook_tokens.receive("notion", THREE) for _ in range(4)))
    assert len(await ids(vault)) == 3


async def test_an_event_is_noted_once_a_minute(vault: Vault, clock: Clock) -> None:
    one = await seen(vault, clock, ONE)
    assert await vault.webhook_tokens.note_event(one) is True
    first = clock()
    for seconds, noted in ((30, 0), (31, 61)):
        clock.advance(seconds=seconds)
        [held] = await vault.webhook_tokens.list("notion")
        assert await vault.webhook_tokens.note_event(held) is False
        [held] = await vault.webhook_tokens.list("notion")
        assert held.verified_at == first
        assert held.last_event_at
        assert (held.last_event_at - first).total_seconds() == noted


async def test_a_later_token_takes_over_at_its_first_event_and_both_count_until_then(
    vault: Vault, clock: Clock
) -> None:
    one = await seen(vault, clock, ONE)
    await vault.webhook_tokens.note_event(one)
    two = await shaken(vault, clock, TWO)
    assert await counting(vault) == ["secret_one"]
    two, _ = await vault.webhook_tokens.reveal("notion", two.id)
    assert await counting(vault) == ["secret_two", "secret_one"]
    later = await shaken(vault, clock, THREE)
    assert await vault.webhook_tokens.note_event(two) is True
    assert await counting(vault) == ["secret_two"]
    assert await ids(vault) == [later.id, two.id]  # what came after it may yet take over


async def test_a_few_pending_tokens_are_kept_those_that_were_seen_the_longest(vault: Vault, clock: Clock) -> None:
    verified = await seen(vault, clock, ONE)
    await vault.webhook_tokens.note_event(verified)
    revealed = await seen(vault, clock, TWO)
    newest = revealed
    for number in range(20):
        newest = await shaken(vault, clock, Secret(f"secret_{number}"))
    held = await ids(vault)
    assert len(held) == MOST_PENDING + 1
    assert {verified.id, revealed.id, newest.id} <= set(held)
    for number in range(20, 30):
        newest = await seen(vault, clock, Secret(f"secret_{number}"))
    held = await ids(vault)
    assert len(held) == MOST_PENDING + 1
    assert revealed.id not in held
    assert {verified.id, newest.id} <= set(held)


async def test_each_provider_has_its_own(vault: Vault, clock: Clock) -> None:
    one = await seen(vault, clock, ONE)
    other = await vault.webhook_tokens.receive("other", ONE)
    assert other.id != one.id
    await vault.webhook_tokens.note_event(one)
    assert [token.id for token in await vault.webhook_tokens.list("other")] == [other.id]


async def test_who_can_write_to_the_database_cannot_let_a_token_count(
    vault: Vault, clock: Clock, database: Database
) -> None:
    one = await shaken(vault, clock, ONE)
    async with database.write() as connection:
        await connection.execute(update(webhook_tokens).values(revealed_at=clock()))
    with pytest.raises(TamperedSecret):
        await vault.webhook_tokens.counting("notion")
    with pytest.raises(TamperedSecret):
        await vault.webhook_tokens.reveal("notion", one.id)
