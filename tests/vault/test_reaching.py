from __future__ import annotations

import pytest

from tests.vault.conftest import pair
from vault import Account, ConnectionStatus, Vault

SPACE, OTHER = "8c2f3d3f-0f8f-4a44-9a3a-2f0f6d6f7a11", "9c2f3d3f-0f8f-4a44-9a3a-2f0f6d6f7a11"
BOT = "0ef2e755-4912-8096-91c1-00376a88a5ca"


@pytest.mark.parametrize(
    ("accounts", "workspace", "handles"),
    [
        ([BOT], None, ("ada",)),
        ([BOT.replace("-", "").upper(), "nobody"], None, ("ada",)),
        (["bob's bot", BOT], SPACE, ("ada", "bob")),
        ([], SPACE, ()),
        (None, SPACE, ("ada", "bob")),
        (None, SPACE.replace("-", ""), ("ada", "bob")),
        (None, OTHER, ("cyd",)),
        (None, "nowhere", ()),
        (None, None, ()),
        (["revoked"], None, ()),
    ],
)
async def test_connections_are_found_by_their_accounts_or_their_workspace(
    vault: Vault, accounts: list[str] | None, workspace: str | None, handles: tuple[str, ...]
) -> None:
    await vault.connections.save("bob", "notion", Account("bob's bot", SPACE), pair())
    await vault.connections.save("ada", "notion", Account(BOT, SPACE), pair())
    await vault.connections.save("cyd", "notion", Account("cyd's bot", OTHER), pair())
    await vault.connections.save("none", "notion", Account("no workspace"), pair())
    await vault.connections.save("other", "other", Account(BOT, SPACE), pair())
    await vault.connections.save("gone", "notion", Account("revoked", SPACE), pair())
    await vault.connections.mark("gone", ConnectionStatus.REVOKED)
    await vault.connections.mark("ada", ConnectionStatus.NEEDS_REAUTHORIZATION)
    assert await vault.reaching("notion", accounts=accounts, workspace=workspace) == handles
