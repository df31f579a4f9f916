"""PostgreSQL goes away, is full, falls silent, is not who it says it is; and then all goes on."""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from typer.testing import CliRunner

import vault.database
from cli import app
from tests.conftest import eventually
from tests.postgres import Deployed, Postgres, deploy, installed
from tests.vault.conftest import pair
from tests.vault.proxy import proxy, self_signed
from vault import Account, DatabaseUrlInvalid, LocalKeys, Vault, VaultUnavailable, migrate
from vault.database import Database
from vault.pace import SECOND, Ask, Limit

CANARY = "canary-password"


@pytest.fixture
async def vault_there(deployed: Deployed, keys: LocalKeys) -> AsyncIterator[Vault]:
    deployed.empty()
    async with AsyncExitStack() as stack:
        vault = await Vault.open(deployed.application, keys)
        stack.push_async_callback(vault.close)
        await vault.connections.save("ada", "notion", Account("bot"), pair())
        yield vault


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Postgres]:
    """A server that a test may stop."""
    with installed() as server:
        server.start()
        yield server
        server.stop()


async def test_under_load_a_restart_is_an_outage_and_nothing_else(own: Postgres, keys: LocalKeys):
    place = deploy(own)
    await migrate(place.owner)
    vault = await Vault.open(place.application, keys)
    await vault.connections.save("ada", "notion", Account("bot"), pair())
    outages: list[list[str]] = [[] for _ in range(20)]
    done = asyncio.Event()

    async def call(number: int) -> None:
        """Go on until the server is back, and then once more; anything but an outage fails the test."""
        while True:
            last = done.is_set()
            try:
                assert (await vault.connections.open("ada")).tokens.access.reveal() == "access-1"
                await vault.variables.set("w", f"X{number}", "1")
                if last:
                    return
            except VaultUnavailable as outage:
                outages[number].append(str(outage))
            await asyncio.sleep(0.01)

    async def all_met_one() -> bool:
        return all(outages)

    async with asyncio.timeout(60), asyncio.TaskGroup() as callers:
        for number in range(len(outages)):
            callers.create_task(call(number))
        for _ in range(2):
            await asyncio.sleep(0.2)
            await asyncio.to_thread(own.stop)
            await eventually(all_met_one)
            await asyncio.to_thread(own.start)
        done.set()
    assert "of-the-application" not in repr(outages)
    assert len(await vault.variables.list()) == len(outages)
    await vault.close()


async def test_a_server_that_falls_silent_is_an_outage_before_long(
    deployed: Deployed, keys: LocalKeys, vault_there: Vault, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(vault.database, "_CONNECT_SECONDS", 0.5)
    monkeypatch.setattr(vault.database, "_STATEMENT_SECONDS", 0.5)
    async with asyncio.timeout(30), proxy(deployed.server.port) as way:
        through = deployed.application.replace(str(deployed.server.port), str(way.port))
        far = await Vault.open(through, keys)
        way.passes.clear()
        began = time.monotonic()
        for attempt in (far.connections.open("ada"), far.variables.set("w", "X", "1"), far.ready()):
            with pytest.raises(VaultUnavailable):
                await attempt
        assert time.monotonic() - began < 25
        way.passes.set()
        assert (await far.connections.open("ada")).tokens.access.reveal() == "access-1"
        await far.close()


async def test_a_server_that_takes_no_more_connections_is_an_outage(
    deployed: Deployed, keys: LocalKeys, vault_there: Vault
):
    deployed.server.run("psql", "-c", "ALTER ROLE steps CONNECTION LIMIT 1")
    try:
        with pytest.raises(VaultUnavailable, match="TooManyConnections"):
            await Vault.open(deployed.application, keys)
        assert (await vault_there.connections.open("ada")).version == 1
    finally:
        deployed.server.run("psql", "-c", "ALTER ROLE steps CONNECTION LIMIT -1")
    await (await Vault.open(deployed.application, keys)).close()


async def test_a_process_that_has_used_up_its_connections_says_so(deployed: Deployed):
    database = Database(deployed.application)
    pool = database._engine.pool  # pyright: ignore[reportPrivateUsage]  # what it tests
    pool._timeout = 0.2  # pyright: ignore  # as it is after 30 seconds
    async with AsyncExitStack() as held:
        for _ in range(15):
            await held.enter_async_context(database.read())
        with pytest.raises(VaultUnavailable):
            await held.enter_async_context(database.read())
    async with database.read():
        pass
    await database.close()


async def test_a_server_whose_default_is_stricter_refuses_no_writer(deployed: Deployed, keys: LocalKeys):
    """Each takes a slot of the same connection: under SERIALIZABLE all but one at a time would be refused."""
    deployed.empty()
    deployed.server.run("psql", "-c", "ALTER ROLE steps SET default_transaction_isolation = 'serializable'")
    try:
        vault = await Vault.open(deployed.application, keys)
        ask = Ask(60 * SECOND)
        turns = await asyncio.gather(*(vault.paces.take("ada", Limit(SECOND // 1000), ask) for _ in range(60)))
        await vault.close()
    finally:
        deployed.server.run("psql", "-c", "ALTER ROLE steps RESET default_transaction_isolation")
    assert len(turns) == 60


@pytest.mark.parametrize("way", ["wrong", "away", "unreadable"])
def test_no_output_of_a_process_repeats_the_password(deployed: Deployed, monkeypatch: pytest.MonkeyPatch, way: str):
    url = {
        "wrong": deployed.server.url("steps", "steps", CANARY),
        "away": f"postgresql://steps:{CANARY}@127.0.0.1:1/steps",
        "unreadable": f"postgresql://steps:{CANARY}@127.0.0.1:{CANARY}/steps",
    }[way]
    monkeypatch.setenv("STEPS_DATABASE_URL", url)
    ran = CliRunner().invoke(app, ["migrate"])
    assert ran.exit_code == 1
    assert CANARY not in ran.output + repr(ran.exception)


async def test_no_log_repeats_the_password(deployed: Deployed, keys: LocalKeys, caplog: pytest.LogCaptureFixture):
    for name in (None, "asyncio", "sqlalchemy.engine", "sqlalchemy.pool"):
        caplog.set_level(logging.DEBUG, name)
    with pytest.raises(VaultUnavailable) as refused:
        await Vault.open(deployed.server.url("steps", "steps", CANARY), keys)
    assert CANARY not in caplog.text + str(refused.value)


@pytest.mark.parametrize(
    ("query", "host", "accepted"),
    [
        ("", "127.0.0.1", True),
        ("?sslmode=require", "127.0.0.1", True),
        ("?ssl=require", "127.0.0.1", True),
        ("?sslmode=require&sslrootcert={other}", "127.0.0.1", False),
        ("?sslmode=verify-ca&sslrootcert={own}", "127.0.0.1", True),
        ("?sslmode=verify-ca&sslrootcert={other}", "127.0.0.1", False),
        ("?sslmode=verify-full&sslrootcert={own}", "localhost", True),
        ("?sslrootcert={own}", "localhost", True),
        ("?sslmode=verify-full&sslrootcert={own}", "127.0.0.1", False),
        ("?sslrootcert={own}", "127.0.0.1", False),
        ("?sslmode=verify-full&sslrootcert={other}", "localhost", False),
        ("?sslmode=verify-full&sslrootcert=system", "localhost", False),
        ("?sslmode=verify-full", "localhost", False),
    ],
)
async def test_whose_certificate_a_server_may_show(
    deployed: Deployed, keys: LocalKeys, tmp_path: Path, query: str, host: str, accepted: bool
):
    (tmp_path / "other").mkdir()
    own, other = self_signed(tmp_path, "localhost"), self_signed(tmp_path / "other", "localhost")
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(own)
    async with proxy(deployed.server.port, shown) as way:
        url = deployed.application.replace(f"127.0.0.1:{deployed.server.port}", f"{host}:{way.port}")
        opening = Vault.open(url + query.format(own=own, other=other), keys)
        if accepted:
            await (await opening).close()
        else:
            with pytest.raises(VaultUnavailable, match=r"certificate"):
                await opening


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("sslmode=canary", "sslmode .* must be one of"),
        ("sslmode=require&sslmode=disable", "'sslmode' twice"),
        ("channel_binding=require", "'channel_binding'"),
        ("sslmode=require&password=canary", "'password'"),
        ("sslmode=prefer&sslrootcert=/etc/ca.pem", "verify-full"),
        ("sslmode=verify-ca&sslrootcert=system", "verify-full"),
    ],
)
def test_what_the_address_asks_for_is_done_or_refused(query: str, told: str):
    with pytest.raises(DatabaseUrlInvalid, match=told) as refused:
        Database(f"postgresql://steps:{CANARY}@127.0.0.1/steps?{query}")
    assert "canary" not in str(refused.value).replace("'password'", "")
