from __future__ import annotations

import pytest

from vault import Account, ConnectionStatus, Secret, Tokens, VariablesTooLarge, Vault
from vault.holdings import Holdings
from vault.variables import LONGEST_VALUE, MOST_OF_A_WORKFLOW


async def connect(vault: Vault, handle: str) -> None:
    await vault.connections.save(handle, "notion", Account(id=handle), Tokens(Secret("t"), None))


async def test_they_are_the_workflows_variables_and_the_active_connections(vault: Vault) -> None:
    await vault.variables.set("Orders", "TABLE", "t1")
    await vault.variables.set("Orders", "EMPTY", "")
    await vault.variables.set("Orders", "KEY", "s3cret", secret=True, hosts=["a.example"])
    await vault.variables.set("Other", "TABLE", "t2")
    for handle in ("b", "a", "lost"):
        await connect(vault, handle)
    await vault.connections.mark("lost", ConnectionStatus.REVOKED)
    held = await vault.holdings("Orders", most=2)
    assert held == Holdings({"EMPTY": "", "KEY": None, "TABLE": "t1"}, ("a", "b"))
    assert "s3cret" not in repr(held)


async def test_no_connection_is_named_where_there_are_too_many(vault: Vault) -> None:
    for handle in ("a", "b"):
        await connect(vault, handle)
    assert (await vault.holdings("Orders", most=2)).handles == ("a", "b")
    assert (await vault.holdings("Orders", most=1)).handles == ()


async def test_the_variables_of_a_workflow_have_a_limit_together(vault: Vault) -> None:
    for name in ("A", "B"):
        await vault.variables.set("Orders", name, "x" * LONGEST_VALUE)
    room = MOST_OF_A_WORKFLOW - 2 * (LONGEST_VALUE + 7)
    with pytest.raises(VariablesTooLarge, match=f"With C .* {MOST_OF_A_WORKFLOW + 1} bytes together"):
        await vault.variables.set("Orders", "C", "x" * (room - 6))
    await vault.variables.set("Orders", "C", "x" * (room - 7))
    await vault.variables.set("Orders", "C", "x" * (room - 7))
    with pytest.raises(VariablesTooLarge):
        await vault.variables.set("Orders", "KEY", "s", secret=True, hosts=["a.example"])
    await vault.variables.set("Other", "C", "x" * LONGEST_VALUE)
    await vault.variables.set("Orders", "A", "short")
    await vault.variables.set("Orders", "KEY", "s" * LONGEST_VALUE, secret=True, hosts=["a.example"])


async def test_characters_that_json_writes_longer_count_as_they_are_written(vault: Vault) -> None:
    await vault.variables.set("Orders", "A", "\n" * LONGEST_VALUE)
    with pytest.raises(VariablesTooLarge):
        await vault.variables.set("Orders", "B", "\n" * LONGEST_VALUE)
