"""The roles of docs/postgresql.md, made by its own statements."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.docs.pages import blocks, section, text_of
from tests.postgres import Deployed, Postgres, running
from tests.vault.conftest import pair
from tests.vault.permissions import STATEMENTS, is_allowed
from tests.vault.test_leaks import used
from vault import Account, LocalKeys, Vault, migrate

PAGE = text_of("docs/postgresql.md")
ADMINISTRATOR, OWNER = blocks(section(PAGE, "Two roles"), "sql")
[UPGRADE] = blocks(section(PAGE, "From one role to two"), "sql")
# Everything that the script of compose did before there were two.
ONE_ROLE = """
CREATE ROLE steps LOGIN PASSWORD 'of-the-application';
CREATE DATABASE steps OWNER steps;
REVOKE ALL ON DATABASE steps FROM PUBLIC;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    """One without the roles, which belong to a whole server."""
    with running() as server:
        yield server


@pytest.fixture
def place(server: Postgres) -> Iterator[Deployed]:
    yield Deployed(
        server,
        server.url("steps", "steps_owner", "of-the-owner"),
        server.url("steps", "steps", "of-the-application"),
    )
    server.drop("steps")
    say(server, "DROP ROLE steps; DROP ROLE steps_owner")


def say(server: Postgres, statements: str, url: str = "postgres") -> None:
    for statement in filter(str.strip, statements.split(";")):
        server.run("psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-c", statement, url)


async def test_who_administers_a_managed_server_makes_the_roles_by_hand(place: Deployed, keys: LocalKeys):
    server = place.server
    say(server, "CREATE ROLE administrator LOGIN PASSWORD 'of-the-tests' CREATEROLE CREATEDB")
    try:
        say(server, ADMINISTRATOR, server.url("postgres", "administrator"))
        say(server, OWNER, place.owner)
        await migrate(place.owner)
        await hold(place, keys)
    finally:
        server.drop("steps")
        say(server, "CREATE DATABASE steps")
        say(server, "REASSIGN OWNED BY administrator TO postgres; DROP OWNED BY administrator; DROP ROLE administrator")


async def test_a_database_of_one_role_becomes_one_of_two(place: Deployed, keys: LocalKeys):
    say(place.server, ONE_ROLE)
    await migrate(place.application)
    vault = await Vault.open(place.application, keys)
    await vault.connections.save("bob", "notion", Account("bot-bob"), pair("access-bob"))
    await vault.close()
    say(place.server, UPGRADE, place.server.url("steps"))
    say(place.server, OWNER, place.owner)
    await migrate(place.owner)
    vault = await Vault.open(place.application, keys)
    assert (await vault.connections.open("bob")).tokens.access.reveal() == "access-bob"
    await vault.close()
    await hold(place, keys)


async def hold(place: Deployed, keys: LocalKeys) -> None:
    """See that the application's role does its work, and no more than that."""
    vault = await Vault.open(place.application, keys)
    await used(vault)
    await vault.close()
    done = {one: is_allowed(place.server, place.application, one) for one in STATEMENTS}
    assert done == STATEMENTS
    place.query("CREATE TABLE later (x int)")
    assert is_allowed(place.server, place.application, "INSERT INTO later VALUES (1)")
    assert not is_allowed(place.server, place.application, "DROP TABLE later")


@pytest.mark.parametrize("database", ["postgres", "template1", "temporal_visibility"])
async def test_neither_role_reaches_another_database_of_the_server(deployed: Deployed, database: str):
    for user, password in (("steps", "of-the-application"), ("steps_owner", "of-the-owner")):
        url = deployed.server.url(database, user, password)
        assert not is_allowed(deployed.server, url, "SELECT 1")
