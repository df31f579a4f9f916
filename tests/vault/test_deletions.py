from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from tests.vault.conftest import Clock, pair
from tests.vault.deleting import delete
from vault import (
    Account,
    AccountAlreadyConnected,
    AccountDiffers,
    ConnectionBeingDeleted,
    ConnectionStatus,
    ConnectionUnknown,
    RefreshUnderWay,
    Revocation,
    Vault,
)
from vault.database import Database
from vault.tables import connections, deleted_connections

ADA = Account("bot-ada", workspace_id="ws-1", workspace_name="Ada's")
BOB = Account("bot-bob", workspace_id="ws-2", workspace_name="Bob's")
LEASE = timedelta(seconds=60)


async def test_a_connection_that_is_being_deleted_is_used_by_nobody_and_comes_back_by_nothing(vault: Vault) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair())
    begun = await vault.connections.deletions.begin("ada")
    assert (begun.id, begun.status) == (saved.id, ConnectionStatus.REVOKED)
    assert begun.deleting_at is not None
    assert not await vault.connections.refreshes.begin("ada", version=1, lease=LEASE)
    assert not await vault.connections.mark("ada", ConnectionStatus.ACTIVE)
    for renewal in (
        vault.connections.save("ada", "notion", ADA, pair()),
        vault.connections.save("other", "notion", ADA, pair()),
        vault.connections.save("ada", "notion", BOB, pair()),
        vault.connections.reconnect(saved.id, "ada", "notion", ADA, pair()),
    ):
        with pytest.raises(ConnectionBeingDeleted):
            await renewal
    (still,) = await vault.connections.list()
    assert still.status is ConnectionStatus.REVOKED
    assert (await vault.holdings("w", most=10)).handles == ()


async def test_deleting_twice_is_deleting_once(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    begun = await asyncio.gather(*(vault.connections.deletions.begin("ada") for _ in range(8)))
    assert len({(one.id, one.deleting_at) for one in begun}) == 1
    assert [one.id for one in await vault.connections.deletions.begun()] == [begun[0].id]
    finished = [await vault.connections.deletions.finish(begun[0].id, Revocation.REVOKED) for _ in range(3)]
    assert finished == [True] * 3
    with pytest.raises(ConnectionUnknown):
        await vault.connections.deletions.begin("ada")
    told = [event.type for event in await vault.connections.events.waiting()]
    assert sorted(told) == ["connection.created", "connection.deleted", "connection.revoked"]


async def test_only_what_is_being_deleted_is_opened_or_finished(vault: Vault) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair())
    assert await vault.connections.deletions.open(saved.id) is None
    assert await vault.connections.deletions.finish(saved.id, Revocation.REVOKED)
    assert (await vault.connections.get("ada")).id == saved.id


async def test_tokens_under_refresh_are_revoked_after_it(vault: Vault, clock: Clock) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair("first"))
    assert await vault.connections.refreshes.begin("ada", version=1, lease=LEASE)
    await vault.connections.deletions.begin("ada")
    with pytest.raises(RefreshUnderWay):
        await vault.connections.deletions.open(saved.id)
    assert await vault.connections.replace_tokens("ada", version=1, tokens=pair("second"))
    opened = await vault.connections.deletions.open(saved.id)
    assert opened is not None
    assert (opened.tokens.access.reveal(), opened.connection.status) == ("second", ConnectionStatus.REVOKED)

    await vault.connections.save("bob", "notion", BOB, pair())
    assert await vault.connections.refreshes.begin("bob", version=1, lease=LEASE)
    begun = await vault.connections.deletions.begin("bob")
    clock.advance(seconds=60)  # whoever refreshes has died
    assert await vault.connections.deletions.open(begun.id)


async def test_a_pair_that_comes_in_late_keeps_the_row_until_it_is_revoked_too(vault: Vault) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair())
    await vault.connections.deletions.begin("ada")
    assert await vault.connections.replace_tokens("ada", version=1, tokens=pair("late"))
    assert not await vault.connections.deletions.finish(saved.id, Revocation.REVOKED, version=1)
    assert await vault.connections.deletions.finish(saved.id, Revocation.REVOKED, version=2)


async def test_what_is_left_names_no_account_and_holds_nothing_sealed(vault: Vault, database: Database) -> None:
    assert await vault.connections.deletions.last("ada") is None
    await vault.connections.save("ada", "notion", ADA, pair())
    await delete(vault, "ada", Revocation.UNREACHED)
    left = await vault.connections.deletions.last("ada")
    assert left is not None
    assert (left.handle, left.workspace_name, left.revocation) == ("ada", "Ada's", Revocation.UNREACHED)
    async with database.read() as connection:
        (row,) = (await connection.execute(select(deleted_connections))).all()
        assert (await connection.execute(select(connections))).all() == []
    assert "bot-ada" not in str(row)


async def test_a_reconnection_renews_this_very_connection(vault: Vault) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair())
    await vault.connections.mark("ada", ConnectionStatus.NEEDS_REAUTHORIZATION)
    renewed = await vault.connections.reconnect(saved.id, "ada", "notion", ADA, pair("fresh"))
    assert (renewed.id, renewed.status) == (saved.id, ConnectionStatus.ACTIVE)
    assert (await vault.connections.open("ada")).tokens.access.reveal() == "fresh"


async def test_another_account_is_refused_and_changes_nothing(vault: Vault) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair())
    with pytest.raises(AccountDiffers) as refused:
        await vault.connections.reconnect(saved.id, "ada", "notion", BOB, pair("other"))
    assert refused.value.other is None
    assert 'the workspace "Ada\'s"' in str(refused.value)
    assert 'the workspace "Bob\'s"' in str(refused.value)
    opened = await vault.connections.open("ada")
    assert (opened.tokens.access.reveal(), opened.version) == ("access-1", 1)
    assert len(await vault.connections.list()) == 1


async def test_another_account_with_a_connection_of_its_own_has_that_one_renewed(vault: Vault) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair())
    await vault.connections.save("bob", "notion", BOB, pair())
    with pytest.raises(AccountDiffers) as refused:
        await vault.connections.reconnect(saved.id, "ada", "notion", BOB, pair("new"))
    assert refused.value.other == "bob"
    assert (await vault.connections.open("bob")).tokens.access.reveal() == "new"
    assert (await vault.connections.open("ada")).version == 1


async def test_a_handle_that_was_given_anew_is_not_the_connection_that_was_to_be_renewed(vault: Vault) -> None:
    saved = await vault.connections.save("ada", "notion", ADA, pair())
    await delete(vault, "ada")
    await vault.connections.save("ada", "notion", BOB, pair("anew"))
    with pytest.raises(ConnectionUnknown):
        await vault.connections.reconnect(saved.id, "ada", "notion", ADA, pair("late"))
    assert (await vault.connections.open("ada")).tokens.access.reveal() == "anew"
    assert len(await vault.connections.list()) == 1
    with pytest.raises(AccountAlreadyConnected) as refused:
        await vault.connections.reconnect(saved.id, "ada", "notion", BOB, pair("bob's own"))
    assert refused.value.handle == "ada"
    assert (await vault.connections.open("ada")).tokens.access.reveal() == "bob's own"


async def test_of_fifty_that_find_a_connection_lost_one_tells_of_it(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    lost, active = ConnectionStatus.NEEDS_REAUTHORIZATION, ConnectionStatus.ACTIVE
    for round in (1, 2):
        marked = await asyncio.gather(
            *(vault.connections.mark("ada", lost, version=round, before=active) for _ in range(50))
        )
        assert marked.count(True) == 1
        await vault.connections.save("ada", "notion", ADA, pair())
    told = [event.type for event in await vault.connections.events.waiting()]
    assert told.count("connection.needs_reauthorization") == 2
    assert told.count("connection.reconnected") == 2


async def test_a_refresh_that_brings_a_lost_connection_back_tells_of_it(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ADA, pair())
    assert await vault.connections.mark("ada", ConnectionStatus.NEEDS_REAUTHORIZATION)
    assert await vault.connections.replace_tokens("ada", version=1, tokens=pair())
    told = [event.type for event in await vault.connections.events.waiting()]
    assert sorted(told) == ["connection.created", "connection.needs_reauthorization", "connection.reconnected"]


async def test_an_event_stands_or_falls_with_what_it_tells_of(vault: Vault, owner_url: str) -> None:
    database = Database(owner_url)
    await vault.connections.save("ada", "notion", ADA, pair())
    for event in await vault.connections.events.waiting():
        await vault.connections.events.forget(event.id)
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE connection_events RENAME TO hidden"))
    with pytest.raises(Exception, match="database"):
        await vault.connections.mark("ada", ConnectionStatus.NEEDS_REAUTHORIZATION)
    assert (await vault.connections.get("ada")).status is ConnectionStatus.ACTIVE
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE hidden RENAME TO connection_events"))
    assert await vault.connections.mark("ada", ConnectionStatus.NEEDS_REAUTHORIZATION)
    (event,) = await vault.connections.events.waiting()
    assert event.data == {
        "id": (await vault.connections.get("ada")).id,
        "handle": "ada",
        "provider": "notion",
        "workspace": {"id": "ws-1", "name": "Ada's"},
    }
    await database.close()
