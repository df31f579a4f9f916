"""What only PostgreSQL has: roles, a server that goes away, a log, TLS, dumps."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.conftest import eventually
from tests.postgres import Deployed, Postgres, deploy, installed
from tests.vault.conftest import pair
from tests.vault.permissions import STATEMENTS, is_allowed
from tests.vault.test_leaks import spellings, used
from vault import Account, DatabaseUrlInvalid, LocalKeys, Vault, VaultUnavailable, migrate

CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'steps'"


@pytest.fixture
async def vault(deployed: Deployed, keys: LocalKeys) -> AsyncIterator[Vault]:
    deployed.empty()
    vault = await Vault.open(deployed.application, keys)
    yield vault
    await vault.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Postgres]:
    """A server that a test may stop."""
    with installed() as server:
        server.start("synchronous_commit=on")  # a kill takes what is not written back
        yield server
        server.stop()


@pytest.mark.parametrize(
    ("statement", "allowed"),
    STATEMENTS.items(),
)
async def test_the_application_uses_the_tables_and_owns_nothing(deployed: Deployed, statement: str, allowed: bool):
    assert is_allowed(deployed.server, deployed.application, statement) is allowed


async def test_a_table_of_a_later_migration_is_the_applications_to_use(deployed: Deployed):
    deployed.query("CREATE TABLE later (x int)")
    try:
        assert "ERROR" not in deployed.server.run("psql", "-XAtc", "INSERT INTO later VALUES (1)", deployed.application)
    finally:
        deployed.query("DROP TABLE later")


async def test_whoever_may_not_migrate_is_told_and_nothing_is_changed(postgres: Postgres, deployed: Deployed):
    name = postgres.make()
    postgres.run("psql", "-c", f"GRANT CONNECT ON DATABASE {name} TO steps; ALTER DATABASE {name} OWNER TO steps_owner")
    with pytest.raises(VaultUnavailable, match="may not make its tables"):
        await migrate(postgres.url(name, "steps", "of-the-application"))
    postgres.drop(name)


async def test_neither_a_dump_nor_the_servers_own_log_holds_a_secret(vault: Vault, deployed: Deployed):
    began = deployed.server.log.stat().st_size
    canaries = await used(vault)
    dump = deployed.server.run("pg_dump", "--inserts", deployed.owner)
    log = deployed.server.log.read_bytes()[began:]
    assert b"INSERT INTO connections" in log
    assert "my-notion" in dump or "Workspace" in dump
    places = {"dump": dump.encode(), "log": log}
    assert [
        (canary[:6], place)
        for canary in canaries
        for place, content in places.items()
        for spelling in spellings(canary)
        if spelling in content
    ] == []


async def test_connections_that_the_server_cuts_are_made_anew(vault: Vault, deployed: Deployed):
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    for _ in range(3):
        deployed.server.run("psql", "-c", CUT)
        assert (await vault.connections.open("ada")).tokens.access.reveal() == "access-1"


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["stopped", "killed"])
async def test_while_the_server_is_away_each_call_says_so_and_then_they_go_on(
    own: Postgres, keys: LocalKeys, how: signal.Signals
):
    place = deploy(own)
    await migrate(place.owner)
    vault = await Vault.open(place.application, keys)
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    own.stop(how)
    for _ in range(2):
        with pytest.raises(VaultUnavailable) as refused:
            await vault.connections.open("ada")
        assert "of-the-application" not in str(refused.value)
    own.start("synchronous_commit=on")

    async def goes_on() -> bool:
        return (await vault.connections.open("ada")).tokens.access.reveal() == "access-1"

    await eventually(goes_on)
    await vault.close()


async def test_more_callers_than_connections_wait_for_each_other(vault: Vault):
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    opened = await asyncio.gather(*(vault.connections.open("ada") for _ in range(100)))
    assert {one.tokens.access.reveal() for one in opened} == {"access-1"}


async def test_a_wrong_password_is_an_outage_that_does_not_repeat_it(deployed: Deployed, keys: LocalKeys):
    url = deployed.server.url("steps", "steps", "canary-password")
    with pytest.raises(VaultUnavailable) as refused:
        await Vault.open(url, keys)
    assert "canary-password" not in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("mode", ["require", "verify-ca", "verify-full"])
async def test_where_tls_is_asked_for_nothing_goes_without_it(deployed: Deployed, keys: LocalKeys, mode: str):
    """The wheel's server speaks no TLS: a client that would go on without it is found out."""
    with pytest.raises(VaultUnavailable):
        await Vault.open(f"{deployed.application}?sslmode={mode}", keys)


async def test_a_server_on_the_same_machine_may_go_without_tls(deployed: Deployed, keys: LocalKeys):
    await (await Vault.open(f"{deployed.application}?sslmode=disable", keys)).close()


async def test_the_authority_of_the_server_is_read_from_a_file(deployed: Deployed, tmp_path: Path, keys: LocalKeys):
    with pytest.raises(DatabaseUrlInvalid, match=r"none\.crt"):
        await Vault.open(f"{deployed.application}?sslmode=verify-full&sslrootcert={tmp_path}/none.crt", keys)
