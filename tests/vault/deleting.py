from __future__ import annotations

from vault import Revocation, Vault


async def delete(vault: Vault, handle: str, revocation: Revocation = Revocation.REVOKED) -> None:
    """Delete a connection, both parts at once."""
    begun = await vault.connections.deletions.begin(handle)
    assert await vault.connections.deletions.finish(begun.id, revocation)
