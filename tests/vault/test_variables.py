from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from tests.vault.conftest import Clock
from vault import (
    TamperedSecret,
    Variable,
    VariableHostInvalid,
    VariableHostsMissing,
    VariableNameInvalid,
    VariableTooLong,
    VariableUnknown,
    VariableValueInvalid,
    VariableWorkflowInvalid,
    Vault,
)
from vault.database import Database
from vault.tables import variables


async def test_a_plain_variable_is_set_and_read(vault: Vault, clock: Clock) -> None:
    stored = await vault.variables.set("orders", "DATABASE_ID", "db-1")
    assert stored == Variable("orders", "DATABASE_ID", secret=False, value="db-1", hosts=(), updated_at=clock())
    assert await vault.variables.get("orders", "DATABASE_ID") == stored


async def test_a_secret_variable_shows_everything_but_its_value(vault: Vault) -> None:
    hosts = ["api.example.com", "files.example.com", "api.example.com"]
    stored = await vault.variables.set("orders", "API_KEY", "s3cret", secret=True, hosts=hosts)
    assert (stored.secret, stored.value, stored.hosts) == (True, None, ("api.example.com", "files.example.com"))
    assert await vault.variables.get("orders", "API_KEY") == stored
    assert await vault.variables.list("orders") == [stored]
    assert (await vault.variables.open("orders", "API_KEY")).reveal() == "s3cret"


async def test_set_replaces_whatever_was_there(vault: Vault, clock: Clock) -> None:
    await vault.variables.set("orders", "KEY", "s3cret", secret=True, hosts=["api.example.com"])
    clock.advance(seconds=1)
    plain = await vault.variables.set("orders", "KEY", "plain")
    assert await vault.variables.get("orders", "KEY") == plain
    with pytest.raises(VariableUnknown):
        await vault.variables.open("orders", "KEY")
    await vault.variables.set("orders", "KEY", "again", secret=True, hosts=["api.example.com"])
    assert (await vault.variables.open("orders", "KEY")).reveal() == "again"
    assert len(await vault.variables.list()) == 1


async def test_each_workflow_has_its_own(vault: Vault) -> None:
    await vault.variables.set("b", "X", "1")
    await vault.variables.set("a", "Y", "2")
    await vault.variables.set("a", "X", "3")
    assert [(v.workflow, v.name) for v in await vault.variables.list()] == [("a", "X"), ("a", "Y"), ("b", "X")]
    assert [v.value for v in await vault.variables.list("a")] == ["3", "2"]
    assert await vault.variables.list("a\x00") == []


async def test_a_deleted_variable_is_unknown(vault: Vault) -> None:
    await vault.variables.set("orders", "X", "1")
    await vault.variables.delete("orders", "X")
    for call in (vault.variables.get, vault.variables.open, vault.variables.delete):
        with pytest.raises(VariableUnknown):
            await call("orders", "X")


@pytest.mark.parametrize("name", ["", "a", "Ab", "1A", "_A", "A-B", "A B", "A\n", "Ä", "A" * 65, "A\x00"])
async def test_a_bad_name_is_refused(vault: Vault, name: str) -> None:
    with pytest.raises(VariableNameInvalid):
        await vault.variables.set("orders", name, "1")
    with pytest.raises(VariableUnknown):
        await vault.variables.get("orders", name)


@pytest.mark.parametrize("workflow", ["", "a\n", "a\x00", "\ud800", "a" * 256])
async def test_a_bad_workflow_is_refused(vault: Vault, workflow: str) -> None:
    with pytest.raises(VariableWorkflowInvalid):
        await vault.variables.set(workflow, "X", "1")
    with pytest.raises(VariableUnknown):
        await vault.variables.open(workflow, "X")


async def test_a_secret_needs_a_host(vault: Vault) -> None:
    with pytest.raises(VariableHostsMissing, match="at least one host") as refusal:
        await vault.variables.set("orders", "KEY", "s3cret", secret=True)
    assert "s3cret" not in str(refusal.value)


BAD_HOSTS = [
    "",
    "*",
    "*.example.com",
    ".example.com",
    "example.com.",
    "Example.com",
    "https://example.com",
    "example.com:443",
    "example.com/path",
    "user@example.com",
    "exa mple.com",
    "example.com\n",
    "-a.example",
    "a-.example",
    "a..b",
    "exämple.com",
    "a_b.example",
    f"{'a' * 64}.example",
    ".".join(["abc"] * 70),
]


@pytest.mark.parametrize("host", BAD_HOSTS)
async def test_a_host_is_an_exact_host_name(vault: Vault, host: str) -> None:
    with pytest.raises(VariableHostInvalid):
        await vault.variables.set("orders", "KEY", "s3cret", secret=True, hosts=["api.example.com", host])


async def test_a_value_has_a_limit_in_bytes(vault: Vault) -> None:
    await vault.variables.set("orders", "X", "ü" * 8192)
    with pytest.raises(VariableTooLong, match="16386 bytes"):
        await vault.variables.set("orders", "X", "ü" * 8193)


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"])
async def test_a_value_that_no_database_keeps_is_refused(vault: Vault, value: str) -> None:
    for secret in (False, True):
        with pytest.raises(VariableValueInvalid):
            await vault.variables.set("orders", "X", value, secret=secret, hosts=["a.example"])


async def test_parallel_sets_leave_one_variable(vault: Vault) -> None:
    await asyncio.gather(*(vault.variables.set("orders", "X", str(n)) for n in range(12)))
    (only,) = await vault.variables.list()
    assert only.value in {str(n) for n in range(12)}


CHANGES = [
    {"hosts": ["evil.example"]},
    {"hosts": ["api.example.com", "evil.example"]},
    {"name": "OTHER"},
    {"workflow": "w"},
]


@pytest.mark.parametrize("change", CHANGES, ids=str)
async def test_a_secret_opens_only_where_and_for_what_it_was_set(
    vault: Vault, database: Database, change: dict[str, object]
) -> None:
    await vault.variables.set("orders", "KEY", "s3cret", secret=True, hosts=["api.example.com"])
    async with database.write() as connection:
        await connection.execute(update(variables).values(change))
    (moved,) = await vault.variables.list()
    with pytest.raises(TamperedSecret):
        await vault.variables.open(moved.workflow, moved.name)


async def test_the_database_refuses_a_secret_in_plain_text(vault: Vault, database: Database) -> None:
    await vault.variables.set("orders", "X", "1")
    with pytest.raises(IntegrityError):
        async with database.write() as connection:
            await connection.execute(update(variables).values(secret=True))
