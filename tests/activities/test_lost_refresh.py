"""A refresh that does not simply succeed: what is asked again, how often, and what needs a person."""

from __future__ import annotations

import asyncio
import logging
import sys
from datetime import timedelta
from typing import Any

import pytest

from activities import refresh
from tests.activities.conftest import REFRESH, World
from tests.activities.servers import Call, reply, serving
from tests.activities.test_refresh import ME, TOKEN, Fault, Provider, bearer, notion
from tests.conftest import eventually
from vault import Account, ConnectionStatus, Secret, Tokens, Vault, VaultUnavailable

NEEDED = "connection-needs-reauthorization"
AGAIN = "OAuth Connections → my-notion → Reconnect, with the same handle"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait for long."""
    monkeypatch.setattr(refresh, "PAUSE", timedelta(milliseconds=10))
    monkeypatch.setattr(refresh, "BROKEN", timedelta(milliseconds=10))
    monkeypatch.setattr(refresh, "_SECONDS", 0.5)
    monkeypatch.setattr(refresh, "_STORE_WAITS", (0.01,) * 3)


@pytest.mark.parametrize(
    ("faults", "ends", "asked"),
    [
        ([], ["ok"], 1),
        (["cut before"], ["ok"], 2),
        (["cut after"], [NEEDED, NEEDED], 2),
        (["hangs after"], [NEEDED], 2),
        (["cut before", "cut before"], [NEEDED, NEEDED], 2),
        (["cut before", "cut after"], [NEEDED], 2),
        ([reply(200, "canary")], ["ok"], 2),
        ([reply(200, ["canary"]), reply(200, {"access_token": None})], [NEEDED], 2),
        ([reply(200, "x" * 2_000_000)], ["ok"], 2),
        ([reply(500, "canary")], ["fetch-failed", "ok"], 2),
        ([reply(500, "canary"), reply(503, "canary")], ["fetch-failed", "fetch-failed", "ok"], 3),
        ([reply(500, "canary"), "cut before"], ["fetch-failed", NEEDED], 2),
        (["cut before", reply(502, "canary")], ["fetch-failed", "ok"], 3),
        ([reply(429, {"code": "rate_limited"})], ["fetch-failed", "ok"], 2),
        ([reply(429, {"code": "rate_limited"}), "cut before"], ["fetch-failed", "ok"], 3),
        ([reply(400, {"error": "invalid_grant"})], [NEEDED, NEEDED], 1),
        ([reply(401, {"error": "invalid_client"})], ["vault-failed", "ok"], 2),
        ([reply(401, {"error": "invalid_client"}), "cut before"], ["vault-failed", "ok"], 3),
    ],
    ids=str,
)
async def test_a_refresh_that_meets(world: World, faults: list[Fault], ends: list[str], asked: int) -> None:
    token = await world.connect(refresh=REFRESH)
    async with notion(Provider(faults=list(faults))) as server, world.worker(notion_origin=server.origin) as worker:
        for end in ends:
            call = worker.fetch(ME, headers=bearer(token))
            if end == "ok":
                assert (await call).ok
                continue
            failure = await worker.failure(call)
            assert (failure.type, failure.non_retryable) == (end, end == NEEDED)
            await asyncio.sleep(0.02)  # for the lease of a provider that is out of order
    assert len(server.asked(TOKEN)) == asked
    status = (await world.vault.connections.get("my-notion")).status
    assert status is (ConnectionStatus.NEEDS_REAUTHORIZATION if NEEDED in ends else ConnectionStatus.ACTIVE)


async def test_many_calls_share_a_refresh_whose_answer_is_lost(world: World, caplog: pytest.LogCaptureFixture) -> None:
    token = await world.connect(refresh=REFRESH)
    second = await Vault.open(world.url, world.keys)
    async with (
        notion(Provider(faults=["cut after"])) as server,
        world.worker(notion_origin=server.origin) as one,
        world.worker(second, notion_origin=server.origin) as two,
    ):
        calls = [worker.failure(worker.fetch(ME, headers=bearer(token))) for worker in (one, two) for _ in range(25)]
        failures = await asyncio.gather(*calls)
    await second.close()
    assert {failure.type for failure in failures} == {NEEDED}
    assert len(server.asked(TOKEN)) == 2
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line == (f"Connection my-notion must be connected again: Notion takes its refresh token no longer. {AGAIN}.")


async def test_many_refused_calls_without_a_refresh_token_warn_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.connect()
    async with notion(Provider()) as server, world.worker(notion_origin=server.origin) as worker:
        calls = [worker.failure(worker.notion("GET", "/v1/users/me")) for _ in range(20)]
        assert {failure.type for failure in await asyncio.gather(*calls)} == {NEEDED}
    (line,) = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert line == f"Connection my-notion must be connected again: Notion takes its token no longer. {AGAIN}."


async def test_a_pair_that_came_in_while_the_answer_was_lost_is_used(world: World) -> None:
    provider = Provider(access="canary-new", faults=["cut before"])
    token = await world.connect(refresh=REFRESH)

    async def reconnect() -> None:
        pair = Tokens(Secret("canary-new"), Secret("unused"))
        await world.vault.connections.save("my-notion", "notion", Account(id="bot of my-notion"), pair)

    provider.hold = reconnect
    async with notion(provider) as server, world.worker(notion_origin=server.origin) as worker:
        assert (await worker.fetch(ME, headers=bearer(token))).ok
    assert len(server.asked(TOKEN)) == 1


async def test_what_was_certainly_not_sent_is_asked_again_at_once(world: World) -> None:
    token = await world.connect(refresh=REFRESH)

    async def answer(call: Call) -> bytes:
        server.stop()
        return reply(401, {"code": "unauthorized"})

    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(worker.fetch(ME, headers=bearer(token)))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
    assert "could not be reached" in failure.message
    turn = await world.vault.connections.refreshes.begin("my-notion", version=1, lease=timedelta(seconds=1))
    assert turn == "first"


async def test_a_vault_that_is_out_for_a_moment_does_not_lose_the_new_pair(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, left, replace = await world.connect(refresh=REFRESH), [1, 2, 3], world.vault.connections.replace_tokens

    async def failing(*arguments: Any, **named: Any) -> bool:
        if left:
            left.pop()
            raise VaultUnavailable("the database does not answer")
        return await replace(*arguments, **named)

    monkeypatch.setattr(world.vault.connections, "replace_tokens", failing)
    async with notion(Provider()) as server, world.worker(notion_origin=server.origin) as worker:
        assert (await worker.fetch(ME, headers=bearer(token))).ok
    assert len(server.asked(TOKEN)) == 1
    assert (await world.access(), left) == ("canary-access-1", [])


_WORKER = """
import asyncio, dataclasses, sys
from datetime import timedelta
from pathlib import Path
from pydantic import SecretStr
from temporalio.testing import ActivityEnvironment
from activities import Activities, refresh
from settings import Settings
from steps.http import FetchRequest
from vault import LocalKeys, Signer, Vault

async def main(url, folder, origin, address, token):
    refresh.LEASE = timedelta(seconds=1)
    vault = await Vault.open(url, LocalKeys.from_file(Path(folder) / "vault.key"))
    settings = Settings(
        _env_file=None, notion_origin=origin, notion_client_id="client",
        notion_client_secret=SecretStr("canary-of-the-client"),
    )
    activities = Activities(vault, Signer.from_file(Path(folder) / "signing.key"), settings)
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(environment.info, workflow_type="OrderToNotion")
    await environment.run(activities.fetch, FetchRequest(url=address, headers={"Authorization": "Bearer " + token}))

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize(("fault", "end"), [("cut before", "ok"), ("hangs after", NEEDED)])
async def test_a_worker_that_is_killed_in_the_middle_leaves_one_more_try_to_the_next(
    world: World, fault: Fault, end: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "LEASE", timedelta(seconds=1))
    token = await world.connect(refresh=REFRESH)
    asked, dead = asyncio.Event(), asyncio.Event()
    provider = Provider(faults=[fault])

    async def hold() -> None:
        asked.set()
        await dead.wait()

    provider.hold = hold
    async with notion(provider) as server:
        command = [sys.executable, "-c", _WORKER, world.url, str(tmp_path), server.origin, ME, token]
        process = await asyncio.create_subprocess_exec(*command)
        await asyncio.wait_for(asked.wait(), 30)
        process.kill()
        await process.wait()
        dead.set()
        provider.hold = None

        async def taken() -> bool:
            return not provider.faults

        await eventually(taken)  # the dead worker's request
        async with world.worker(notion_origin=server.origin) as worker:
            call = worker.fetch(ME, headers=bearer(token))
            if end == "ok":
                assert (await call).ok
            else:
                assert (await worker.failure(call)).type == end
        assert len(server.asked(TOKEN)) == 2
