"""Tokens whose provider names a time: refreshed by the clock, and what becomes of them where that fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.activities.conftest import CLIENT_SECRET, World
from tests.activities.servers import Answer, Call, reply, serving
from vault import Account, ConnectionStatus, Secret, Tokens
from vault.times import utc_now

API = "https://api.acme.test/who"
TOKEN = "/token"
OLD, NEW = "canary-of-before", "canary-of-after"
FORM = "grant_type=refresh_token&refresh_token=canary-refresh"


def acme(folder: Path, origin: str, **changes: str) -> Path:
    fields = {
        "title": "Acme", "client_id": "steps", "client_secret_file": "secret",
        "authorize_url": f"{origin}/authorize", "token_url": f"{origin}{TOKEN}",
    } | changes  # fmt: skip
    (folder / "secret").write_text(CLIENT_SECRET)
    lines = [f'{name} = "{value}"' for name, value in fields.items()]
    text = "\n".join(["[providers.acme]", 'hosts = ["api.acme.test"]', *lines, "[providers.acme.account]"])
    stand_in = f'[providers.acme.stand_ins]\n"api.acme.test" = "{origin}"\n'
    (folder / "acme.toml").write_text(f'{text}\nsource = "token"\nid = "id"\n{stand_in}')
    return folder / "acme.toml"


async def connect(world: World, seconds: float, refresh: str | None = "canary-refresh") -> dict[str, str]:
    pair = Tokens(Secret(OLD), None if refresh is None else Secret(refresh), utc_now() + timedelta(seconds=seconds))
    await world.vault.connections.save("acme-crm", "acme", Account(id="team"), pair)
    return {"Authorization": f"Bearer {world.seal('connection', 'acme-crm')}"}


def answering(answer: Answer, takes: str) -> Callable[[Call], Any]:
    async def script(call: Call) -> Answer:
        if call.path == TOKEN:
            return answer
        return reply(200 if call.headers["authorization"] == f"Bearer {takes}" else 401, {"name": "ada"})

    return script


FRESH = reply(200, {"access_token": NEW, "expires_in": 3600})


async def test_a_token_is_refreshed_when_its_time_comes_and_keeps_its_refresh_token(
    world: World, tmp_path: Path
) -> None:
    headers = await connect(world, -1)
    async with (
        serving(answering(FRESH, NEW)) as server,
        world.worker(providers_file=acme(tmp_path, server.origin)) as worker,
    ):
        assert (await worker.fetch(API, headers=headers)).ok
        assert (await worker.fetch(API, headers=headers)).ok
    assert [call.path for call in server.calls] == [TOKEN, "/who", "/who"]
    assert server.calls[0].body.decode() == FORM
    assert server.calls[0].headers["authorization"].startswith("Basic ")
    opened = await world.vault.connections.open("acme-crm")
    assert opened.tokens.refresh is not None
    assert opened.tokens.refresh.reveal() == "canary-refresh"
    assert opened.tokens.expires_at is not None
    assert timedelta(seconds=3400) < opened.tokens.expires_at - utc_now() < timedelta(seconds=3541)
    assert world.resolved == []


async def test_before_its_time_a_token_is_used_as_it_is(world: World, tmp_path: Path) -> None:
    headers = await connect(world, 60)
    async with (
        serving(answering(FRESH, OLD)) as server,
        world.worker(providers_file=acme(tmp_path, server.origin)) as worker,
    ):
        assert (await worker.fetch(API, headers=headers)).ok
    assert server.asked(TOKEN) == []


async def test_without_expires_in_no_clock_counts(world: World, tmp_path: Path) -> None:
    headers = await connect(world, -1)
    fresh = reply(200, {"access_token": NEW})
    async with (
        serving(answering(fresh, NEW)) as server,
        world.worker(providers_file=acme(tmp_path, server.origin)) as worker,
    ):
        assert (await worker.fetch(API, headers=headers)).ok
    assert (await world.vault.connections.open("acme-crm")).tokens.expires_at is None


async def test_while_the_provider_is_out_a_token_is_used_to_its_end(world: World, tmp_path: Path) -> None:
    headers = await connect(world, -1)
    async with (
        serving(answering(reply(503, "out"), OLD)) as server,
        world.worker(providers_file=acme(tmp_path, server.origin)) as worker,
    ):
        assert (await worker.fetch(API, headers=headers)).ok
    assert [call.path for call in server.calls] == [TOKEN, "/who"]


async def test_after_its_end_a_call_waits_for_the_provider(world: World, tmp_path: Path) -> None:
    headers = await connect(world, -61)
    async with (
        serving(answering(reply(503, "out"), OLD)) as server,
        world.worker(providers_file=acme(tmp_path, server.origin)) as worker,
    ):
        failure = await worker.failure(worker.fetch(API, headers=headers))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
    assert server.asked("/who") == []


async def test_a_token_that_is_over_for_good_needs_a_person(world: World, tmp_path: Path) -> None:
    headers = await connect(world, -121, refresh=None)
    async with (
        serving(answering(FRESH, NEW)) as server,
        world.worker(providers_file=acme(tmp_path, server.origin)) as worker,
    ):
        failure = await worker.failure(worker.fetch(API, headers=headers))
    assert failure.type == "connection-needs-reauthorization"
    assert server.calls == []
    assert (await world.vault.connections.get("acme-crm")).status is ConnectionStatus.NEEDS_REAUTHORIZATION


@pytest.mark.parametrize("url", ["https://evil.test/who", "http://api.acme.test/who", "https://api.acme.test:8443/"])
async def test_nothing_is_refreshed_or_sent_for_another_host(world: World, tmp_path: Path, url: str) -> None:
    headers = await connect(world, -1)
    async with (
        serving(answering(FRESH, NEW)) as server,
        world.worker(providers_file=acme(tmp_path, server.origin)) as worker,
    ):
        failure = await worker.failure(worker.fetch(url, headers=headers))
    assert failure.type == "egress-denied"
    assert server.calls == []


async def test_this_machine_is_reached_for_the_end_points_of_providers_alone(world: World, tmp_path: Path) -> None:
    async with (
        serving(answering(FRESH, NEW)) as server,
        world.worker(providers_file=acme(tmp_path, server.origin)) as worker,
    ):
        failure = await worker.failure(worker.fetch(f"{server.origin}{TOKEN}", method="POST"))
    assert failure.type == "egress-denied"
    assert server.calls == []
