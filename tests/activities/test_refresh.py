from __future__ import annotations

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from steps.http import FetchRequest
from tests.activities.conftest import CANARY, CLIENT_SECRET, REFRESH, World
from tests.activities.servers import Call, Server, reply, serving
from vault import Account, ConnectionStatus, Secret, Tokens, Vault

ME = "https://api.notion.com/v1/users/me"
TOKEN = "/v1/oauth/token"

Fault = bytes | Literal["cut before", "cut after", "hangs after"]


@dataclass
class Provider:
    """A provider that rotates both tokens, and takes each refresh token once."""

    access: str = "canary-access-0"
    refresh: str = REFRESH
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    hold: Callable[[], Awaitable[object]] | None = None
    instead: Callable[[], bytes | None] | None = None
    faults: list[Fault] = field(default_factory=list[Any])

    async def answer(self, call: Call) -> bytes | None:
        if call.path == TOKEN:
            return await self.token(call)
        known = call.headers.get("authorization") == f"Bearer {self.access}"
        return (
            reply(200, {"object": "user"}) if known else reply(401, {"code": "unauthorized", "message": "Bad token."})
        )

    async def token(self, call: Call) -> bytes | None:
        if self.hold:
            await self.hold()
        if self.instead:
            return self.instead()
        basic = base64.b64encode(f"client:{CLIENT_SECRET}".encode()).decode()
        assert call.headers["authorization"] == f"Basic {basic}"
        assert call.headers["content-type"] == "application/json"
        assert call.headers["notion-version"]
        body = json.loads(call.body)
        if body != {"grant_type": "refresh_token", "refresh_token": self.refresh}:
            return reply(400, {"error": "invalid_grant", "error_description": "canary"})
        fault = self.faults.pop(0) if self.faults else None
        if fault == "cut before" or isinstance(fault, bytes):
            return None if fault == "cut before" else fault
        number = next(self.numbers)
        self.access, self.refresh = f"canary-access-{number}", f"canary-refresh-{number}"
        if fault == "hangs after":
            await asyncio.sleep(30)
        if fault is not None:
            return None
        return reply(200, {"access_token": self.access, "refresh_token": self.refresh, "token_type": "bearer"})


@asynccontextmanager
async def notion(provider: Provider) -> AsyncGenerator[Server, None]:
    async with serving(provider.answer) as server:
        yield server


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_retired_token_is_refreshed_once_and_stored_before_use(world: World) -> None:
    provider = Provider()
    token = await world.connect(refresh=REFRESH)
    stored: list[str] = []

    async def answer(call: Call) -> bytes | None:
        if call.path != TOKEN:
            stored.append(await world.access())
        return await provider.answer(call)

    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        response = await worker.fetch(ME, method="POST", content="again", headers=bearer(token))
        assert response.ok
        assert (await worker.fetch(ME, headers=bearer(token))).ok
    assert stored == [CANARY, "canary-access-1", "canary-access-1"]
    assert [call.body for call in server.asked("/v1/users/me")][:2] == [b"again", b"again"]
    assert len(server.asked(TOKEN)) == 1
    opened = await world.vault.connections.open("my-notion")
    assert opened.tokens.refresh is not None
    assert opened.tokens.refresh.reveal() == "canary-refresh-1"


async def test_fifty_calls_of_two_workers_refresh_once(world: World) -> None:
    everybody = asyncio.Event()
    provider = Provider(hold=everybody.wait)
    token = await world.connect(refresh=REFRESH)
    second = await Vault.open(world.url, world.keys)
    refused = itertools.count(1)

    async def answer(call: Call) -> bytes | None:
        given = await provider.answer(call)
        if call.path != TOKEN and given is not None and b" 401 " in given[:20] and next(refused) == 50:
            everybody.set()
        return given

    async with (
        serving(answer) as server,
        world.worker(notion_origin=server.origin) as one,
        world.worker(second, notion_origin=server.origin) as two,
    ):
        calls = [worker.fetch(ME, headers=bearer(token)) for worker in (one, two) for _ in range(25)]
        responses = await asyncio.gather(*calls)
    await second.close()
    assert all(response.ok for response in responses)
    assert len(server.asked(TOKEN)) == 1


async def test_a_newer_pair_is_used_without_a_refresh(world: World) -> None:
    provider = Provider()
    token = await world.connect(refresh=REFRESH)

    async def answer(call: Call) -> bytes | None:
        if len(server.calls) == 1:  # somebody connects the account again while the first call is under way
            pair = Tokens(Secret(provider.access), Secret("unused"))
            await world.vault.connections.save("my-notion", "notion", Account(id="bot of my-notion"), pair)
        return await provider.answer(call)

    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        assert (await worker.fetch(ME, headers=bearer(token))).ok
        assert server.asked(TOKEN) == []


async def test_a_refresh_token_that_is_spent_needs_a_person(world: World) -> None:
    token = await world.connect(refresh="canary-spent")
    async with notion(Provider()) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(worker.fetch(ME, headers=bearer(token)))
        assert (failure.type, failure.non_retryable) == ("connection-needs-reauthorization", True)
        assert "'my-notion'" in failure.message
        assert "OAuth Connections" in failure.message
        await worker.failure(worker.fetch(ME, headers=bearer(token)))
    assert (await world.vault.connections.get("my-notion")).status is ConnectionStatus.NEEDS_REAUTHORIZATION
    assert len(server.asked(TOKEN)) == 1


async def test_without_a_refresh_token_fetch_shows_the_401(world: World) -> None:
    token = await world.connect()
    async with notion(Provider()) as server, world.worker(notion_origin=server.origin) as worker:
        response = await worker.fetch(ME, headers=bearer(token))
    assert response.status == 401
    assert response.json()["code"] == "unauthorized"
    assert (await world.vault.connections.get("my-notion")).status is ConnectionStatus.ACTIVE
    assert len(server.calls) == 1


async def test_a_second_401_is_the_answer(world: World) -> None:
    provider = Provider()
    token = await world.connect(refresh=REFRESH)

    async def answer(call: Call) -> bytes | None:
        return await provider.answer(call) if call.path == TOKEN else reply(401, "no")

    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        assert (await worker.fetch(ME, headers=bearer(token))).status == 401
    assert [call.path for call in server.calls] == ["/v1/users/me", TOKEN, "/v1/users/me"]


async def test_a_cancelled_call_does_not_lose_the_new_pair(world: World) -> None:
    asked, go = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        asked.set()
        await go.wait()

    token = await world.connect(refresh=REFRESH)
    async with notion(Provider(hold=hold)) as server:
        async with world.worker(notion_origin=server.origin) as worker:
            environment = worker.environment()
            request = FetchRequest(url=ME, headers=bearer(token))
            call = asyncio.ensure_future(environment.run(worker.activities.fetch, request))
            await asked.wait()
            environment.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            go.set()
        # Leaving the worker has waited for the refresh.
        assert await world.access() == "canary-access-1"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (reply(401, {"error": "invalid_client", "request_id": "canary"}), "vault-failed"),
        (reply(400, {"code": "unauthorized_client", "message": "canary"}), "vault-failed"),
        (reply(403, "<html>canary</html>"), "vault-failed"),
        (reply(429, {"code": "rate_limited"}), "fetch-failed"),
        (reply(500, "canary"), "fetch-failed"),
        (reply(503, {"code": "service_unavailable"}), "fetch-failed"),
        (reply(302, headers={"Location": "https://evil.example/canary"}), "fetch-failed"),
    ],
)
async def test_any_other_answer_leaves_the_connection_as_it_is(world: World, answer: bytes, kind: str) -> None:
    token = await world.connect(refresh=REFRESH)
    async with (
        notion(Provider(instead=lambda: answer)) as server,
        world.worker(notion_origin=server.origin) as worker,
    ):
        failure = await worker.failure(worker.fetch(ME, headers=bearer(token)))
    assert (failure.type, failure.non_retryable) == (kind, False)
    opened = await world.vault.connections.open("my-notion")
    assert (opened.connection.status, opened.tokens.access.reveal()) == (ConnectionStatus.ACTIVE, CANARY)
    assert world.resolved == []


async def test_a_provider_may_keep_its_refresh_token(world: World) -> None:
    answer = reply(200, {"access_token": "canary-access-0", "refresh_token": None})
    token = await world.connect(refresh=REFRESH)
    async with (
        notion(Provider(instead=lambda: answer)) as server,
        world.worker(notion_origin=server.origin) as worker,
    ):
        assert (await worker.fetch(ME, headers=bearer(token))).ok
    opened = await world.vault.connections.open("my-notion")
    assert opened.tokens.refresh is not None
    assert opened.tokens.refresh.reveal() == REFRESH


async def test_a_worker_without_client_id_says_so(world: World) -> None:
    token = await world.connect(refresh=REFRESH)
    async with (
        notion(Provider()) as server,
        world.worker(notion_origin=server.origin, notion_client_id=None) as worker,
    ):
        failure = await worker.failure(worker.fetch(ME, headers=bearer(token)))
    assert (failure.type, failure.non_retryable) == ("vault-failed", False)
    assert "STEPS_NOTION_CLIENT_ID" in failure.message
