from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.vault.conftest import Clock, pair
from tests.vault.deleting import delete
from vault import (
    Account,
    AccountAlreadyConnected,
    ConnectionStatus,
    ConnectionUnknown,
    HandleInvalid,
    HandleTaken,
    Vault,
)
from vault.database import Database
from vault.tables import connections

ADA = Account("bot-ada", "ws-1", "Ada's <b>workspace</b>", "https://icons.example/a.png", {"user": {"id": "u"}})
BOB = Account("bot-bob")


async def test_a_saved_connection_opens_with_its_tokens(vault: Vault, clock: Clock) -> None:
    expires = datetime(2026, 4, 1, tzinfo=UTC)
    saved = await vault.connections.save("ada", "notion", ADA, pair("access-1", "refresh-1", expires))
    assert (saved.handle, saved.provider, saved.status) == ("ada", "notion", ConnectionStatus.ACTIVE)
    assert (saved.account, saved.created_at, saved.authorized_at, saved.last_used_at) == (ADA, clock(), clock(), None)
    assert await vault.connections.get("ada") == saved
    opened = await vault.connections.open("ada")
    assert opened.tokens.access.reveal() == "access-1"
    assert opened.tokens.refresh is not None
    assert opened.tokens.refresh.reveal() == "refresh-1"
    assert opened.tokens.expires_at == expires
    assert opened.version == 1


async def test_a_provider_may_issue_no_refresh_token(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair(refresh=None))
    assert (await vault.connections.open("ada")).tokens.refresh is None


async def test_the_same_account_reconnects_in_place(vault: Vault, clock: Clock) -> None:
    first = await vault.connections.save("ada", "notion", ADA, pair())
    await vault.connections.mark("ada", ConnectionStatus.REVOKED)
    clock.advance(hours=1)
    renamed = replace(ADA, workspace_name="New name")
    again = await vault.connections.save("ada", "notion", renamed, pair("access-2", None))
    assert again == replace(first, account=renamed, authorized_at=clock())
    opened = await vault.connections.open("ada")
    assert (opened.tokens.access.reveal(), opened.tokens.refresh, opened.version) == ("access-2", None, 2)


async def test_another_account_does_not_get_a_taken_handle(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    for provider, account in (("notion", BOB), ("github", ADA)):
        with pytest.raises(HandleTaken, match='"ada"'):
            await vault.connections.save("ada", provider, account, pair("access-2"))
    opened = await vault.connections.open("ada")
    assert (opened.connection.account, opened.tokens.access.reveal(), opened.version) == (ADA, "access-1", 1)
    assert len(await vault.connections.list()) == 1


@pytest.mark.parametrize("new_handle", ["second", "bob"])
async def test_an_account_of_another_handle_gives_that_one_the_new_pair(vault: Vault, new_handle: str) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    await vault.connections.save("bob", "notion", BOB, pair("access-bob"))
    with pytest.raises(AccountAlreadyConnected, match='"ada"') as refusal:
        await vault.connections.save(new_handle, "notion", ADA, pair("access-2"))
    assert refusal.value.handle == "ada"
    assert [connection.handle for connection in await vault.connections.list()] == ["ada", "bob"]
    assert (await vault.connections.open("ada")).tokens.access.reveal() == "access-2"
    assert (await vault.connections.open("bob")).tokens.access.reveal() == "access-bob"


async def test_a_bad_handle_is_refused_and_stores_nothing(vault: Vault) -> None:
    with pytest.raises(HandleInvalid):
        await vault.connections.save("My Notion", "notion", ADA, pair())
    assert await vault.connections.list() == []


@pytest.mark.parametrize("handle", ["nobody", "", "a\x00", "\ud800", "A", "a" * 64])
async def test_an_unknown_handle_is_said_to_be_unknown(vault: Vault, handle: str) -> None:
    calls = [
        vault.connections.get(handle),
        vault.connections.open(handle),
        vault.connections.deletions.begin(handle),
        vault.connections.replace_tokens(handle, version=1, tokens=pair()),
    ]
    for call in calls:
        with pytest.raises(ConnectionUnknown):
            await call
    assert not await vault.connections.mark(handle, ConnectionStatus.ACTIVE)
    assert not await vault.connections.refreshes.begin(handle, version=1, lease=timedelta(seconds=1))


async def test_parallel_saves_of_one_account_make_one_connection(vault: Vault) -> None:
    results = await asyncio.gather(
        *(vault.connections.save(f"ada-{n % 4}", "notion", ADA, pair(f"access-{n}")) for n in range(12)),
        return_exceptions=True,
    )
    (only,) = await vault.connections.list()
    for number, result in enumerate(results):
        if f"ada-{number % 4}" == only.handle:
            assert not isinstance(result, BaseException)
        else:
            assert isinstance(result, AccountAlreadyConnected)
            assert result.handle == only.handle
    assert (await vault.connections.open(only.handle)).version == 12


async def test_parallel_saves_under_one_handle_let_one_account_in(vault: Vault) -> None:
    accounts = [Account(f"bot-{n}") for n in range(8)]
    results = await asyncio.gather(
        *(vault.connections.save("shared", "notion", account, pair(account.id)) for account in accounts),
        return_exceptions=True,
    )
    assert sum(isinstance(result, HandleTaken) for result in results) == 7
    opened = await vault.connections.open("shared")
    assert opened.tokens.access.reveal() == opened.connection.account.id


async def test_a_deleted_connection_is_gone(vault: Vault, database: Database) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair())
    await delete(vault, "ada")
    with pytest.raises(ConnectionUnknown):
        await vault.connections.open("ada")
    async with database.read() as connection:
        assert (await connection.execute(select(connections))).all() == []
    assert (await vault.connections.save("ada", "notion", BOB, pair())).id != saved.id


async def test_use_is_noted_once_a_minute(vault: Vault, clock: Clock) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    first = clock()
    assert (await vault.connections.open("ada")).connection.last_used_at == first
    clock.advance(seconds=59)
    assert (await vault.connections.open("ada")).connection.last_used_at == first
    clock.advance(seconds=1)
    assert (await vault.connections.open("ada")).connection.last_used_at == clock()
    assert (await vault.connections.get("ada")).last_used_at == clock()


async def test_tokens_are_replaced_once_per_version(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    won = await asyncio.gather(
        *(vault.connections.replace_tokens("ada", version=1, tokens=pair(f"access-2-{n}")) for n in range(8))
    )
    assert sum(won) == 1
    opened = await vault.connections.open("ada")
    assert (opened.version, opened.tokens.access.reveal()) == (2, f"access-2-{won.index(True)}")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (ConnectionStatus.ACTIVE, ConnectionStatus.ACTIVE),
        (ConnectionStatus.NEEDS_REAUTHORIZATION, ConnectionStatus.ACTIVE),
        (ConnectionStatus.REVOKED, ConnectionStatus.REVOKED),
    ],
)
async def test_a_refresh_heals_but_does_not_undo_a_revocation(
    vault: Vault, before: ConnectionStatus, after: ConnectionStatus
) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    await vault.connections.mark("ada", before)
    assert await vault.connections.replace_tokens("ada", version=1, tokens=pair("access-2"))
    assert (await vault.connections.open("ada")).connection.status == after


async def test_one_of_many_callers_may_refresh_until_the_lease_ends(vault: Vault, clock: Clock) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    lease = timedelta(seconds=30)

    async def callers() -> list[str]:
        begin = vault.connections.refreshes.begin
        turns = await asyncio.gather(*(begin("ada", version=1, lease=lease) for _ in range(20)))
        return [turn for turn in turns if turn]

    assert await callers() == ["first"]
    clock.advance(seconds=29)
    assert await callers() == []
    clock.advance(seconds=1)
    assert await callers() == ["again"]


@pytest.mark.parametrize(("unknown", "turn"), [(None, "first"), (timedelta(0), "again"), (timedelta(seconds=1), None)])
async def test_who_gives_the_turn_back_says_whether_anybody_knows_what_it_did(
    vault: Vault, unknown: timedelta | None, turn: str | None
) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    refreshes, lease = vault.connections.refreshes, timedelta(seconds=30)
    assert await refreshes.begin("ada", version=1, lease=lease) == "first"
    await refreshes.end("ada", version=1, unknown=unknown)
    assert await refreshes.begin("ada", version=1, lease=lease) == turn


async def test_a_turn_that_is_over_takes_no_other_away(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    refreshes, lease = vault.connections.refreshes, timedelta(seconds=30)
    await refreshes.end("ada", version=1, unknown=lease)
    assert await refreshes.begin("ada", version=1, lease=lease) == "first"
    await vault.connections.save("ada", "notion", ADA, pair("access-2"))
    assert await refreshes.begin("ada", version=2, lease=lease) == "first"
    await refreshes.end("ada", version=1)
    assert await refreshes.begin("ada", version=2, lease=lease) is None


async def test_new_tokens_end_the_lease(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    lease = timedelta(seconds=30)
    assert await vault.connections.refreshes.begin("ada", version=1, lease=lease)
    assert await vault.connections.replace_tokens("ada", version=1, tokens=pair("access-2"))
    assert not await vault.connections.refreshes.begin("ada", version=1, lease=lease)
    assert await vault.connections.refreshes.begin("ada", version=2, lease=lease)
    await vault.connections.save("ada", "notion", ADA, pair("access-3"))
    assert await vault.connections.refreshes.begin("ada", version=3, lease=lease)


async def test_a_refresh_that_lost_to_a_reconnect_changes_nothing(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    assert await vault.connections.refreshes.begin("ada", version=1, lease=timedelta(seconds=30))
    await vault.connections.save("ada", "notion", ADA, pair("reconnected"))
    assert not await vault.connections.replace_tokens("ada", version=1, tokens=pair("refreshed"))
    assert not await vault.connections.mark("ada", ConnectionStatus.NEEDS_REAUTHORIZATION, version=1)
    opened = await vault.connections.open("ada")
    assert (opened.tokens.access.reveal(), opened.connection.status) == ("reconnected", ConnectionStatus.ACTIVE)


async def test_a_status_is_marked_and_still_opens(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    for status in ConnectionStatus:
        assert await vault.connections.mark("ada", status, version=1)
        assert (await vault.connections.open("ada")).connection.status is status
