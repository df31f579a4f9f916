"""A vault that is full, under keys that rotate."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import pytest

from tests.vault.conftest import pair
from vault import Account, KeyRotator, LocalKeys, Secret, Vault, WrappedKey
from vault.rotation import Page, Rotation

ACCOUNT = Account("bot", "ws", "Workspace")


@pytest.fixture
def keys(tmp_path: Path) -> LocalKeys:
    return LocalKeys.from_file(tmp_path / "vault.key")


async def fill(vault: Vault) -> None:
    await vault.connections.save("ada", "notion", ACCOUNT, pair("access", "refresh"))
    await vault.connections.save("bob", "notion", Account("other"), pair("access-bob", None))
    await vault.variables.set("w", "KEY", "secret", secret=True, hosts=["a.example", "b.example"])
    await vault.variables.set("w", "PLAIN", "in the open")
    await vault.webhook_tokens.receive("notion", Secret("received"))
    await vault.webhook_tokens.reveal("notion")
    await vault.webhook_tokens.receive("notion", Secret("not revealed"))


async def check(vault: Vault) -> None:
    opened = await vault.connections.open("ada")
    assert opened.tokens.access.reveal() == "access"
    assert opened.tokens.refresh is not None
    assert opened.tokens.refresh.reveal() == "refresh"
    assert (await vault.connections.open("bob")).tokens.access.reveal() == "access-bob"
    assert (await vault.variables.open("w", "KEY")).reveal() == "secret"
    assert [token.reveal() for _, token in await vault.webhook_tokens.counting("notion")] == ["received"]
    newest = (await vault.webhook_tokens.list("notion"))[-1]
    assert newest.revealed_at is None or (await vault.webhook_tokens.reveal("notion", newest.id))
    await vault.ready()


async def sweep(rotation: Rotation, most: int = 100) -> list[Page]:
    pages: list[Page] = []
    for name in rotation.columns:
        after = None
        while True:
            pages.append(await rotation.rewrap(name, after, most=most))
            after = pages[-1].after
            if after is None:
                break
    return pages


class Meanwhile(KeyRotator):
    """A rotator that takes its time: while it rewraps, something else happens."""

    def __init__(self, rotator: KeyRotator, happens: Callable[[], Awaitable[object]]) -> None:
        self._rotator, self._happens = rotator, happens

    async def current(self) -> str:
        return await self._rotator.current()

    async def rotate(self) -> str:
        return await self._rotator.rotate()

    async def rewrap(self, items: Sequence[tuple[WrappedKey, bytes]]) -> list[WrappedKey]:
        anew = await self._rotator.rewrap(items)
        await self._happens()
        return anew

    async def retire(self, before: str) -> None:
        await self._rotator.retire(before)
