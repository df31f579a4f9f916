"""What is saved, changed or deleted while its key is wrapped anew."""

from __future__ import annotations

import pytest

from tests.vault.conftest import pair
from tests.vault.rotating import Meanwhile, fill, keys, sweep
from vault import LocalKeys, Vault
from vault.database import Database
from vault.deletions import Revocation
from vault.rotation import Rotation

__all__ = ["keys"]


@pytest.mark.parametrize("name", ["connections.access", "connections.refresh"])
async def test_a_refresh_that_saves_during_a_rewrap_wins(
    vault: Vault, database: Database, keys: LocalKeys, name: str
) -> None:
    await fill(vault)
    await keys.rotate()

    async def refresh() -> None:
        version = (await vault.connections.open("ada")).version
        assert await vault.connections.replace_tokens("ada", version=version, tokens=pair("saved", "saved-refresh"))

    page = await Rotation(database, Meanwhile(keys, refresh)).rewrap(name, None, most=100)
    assert page.overtaken == 1
    opened = await vault.connections.open("ada")
    assert opened.tokens.refresh is not None
    assert (opened.tokens.access.reveal(), opened.tokens.refresh.reveal()) == ("saved", "saved-refresh")


async def test_a_variable_and_a_token_that_change_during_a_rewrap_are_left_alone(
    vault: Vault, database: Database, keys: LocalKeys
) -> None:
    await fill(vault)
    await keys.rotate()

    async def change() -> None:
        await vault.variables.set("w", "KEY", "saved", secret=True, hosts=["c.example"])
        for token in await vault.webhook_tokens.list("notion"):
            await vault.webhook_tokens.reveal("notion", token.id)

    rotation = Rotation(database, Meanwhile(keys, change))
    assert (await rotation.rewrap("variables.sealed", None, most=100)).overtaken == 1
    await sweep(rotation)
    assert (await vault.variables.open("w", "KEY")).reveal() == "saved"
    assert len(await vault.webhook_tokens.counting("notion")) == 2


async def test_a_row_that_is_deleted_during_a_rewrap_stays_deleted(
    vault: Vault, database: Database, keys: LocalKeys
) -> None:
    await fill(vault)
    await keys.rotate()

    async def remove() -> None:
        begun = await vault.connections.deletions.begin("ada")
        assert await vault.connections.deletions.finish(begun.id, Revocation.REVOKED)

    rotation = Rotation(database, Meanwhile(keys, remove))
    assert (await rotation.rewrap("connections.access", None, most=100)).overtaken == 1
    assert [connection.handle for connection in await vault.connections.list()] == ["bob"]
