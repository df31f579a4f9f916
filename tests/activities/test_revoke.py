"""Revoking at the provider, as a worker does it."""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker as TemporalWorker

from steps.connection_tasks import REVOKE_ATTEMPTS, Doomed, Forgetting, Revoked
from steps.dedupe import own_workflows
from tests.activities.conftest import CANARY, CLIENT_SECRET, REFRESH, Worker, World
from tests.activities.servers import Call, reply, serving
from vault import ConnectionUnknown, Provider, Revocation, Secret, Tokens
from vault.providers import AccountRule
from vault.registrations import Registration
from vault.revoking import revocations, was_revoked

REVOKE = "/v1/oauth/revoke"


async def doomed(world: World, refresh: str | None = REFRESH) -> Doomed:
    await world.connect(refresh=refresh)
    begun = await world.vault.connections.deletions.begin("my-notion")
    return Doomed(id=begun.id, handle=begun.handle)


async def revoke(worker: Worker, which: Doomed) -> Revoked:
    return await worker.environment().run(tasks(worker)["revoke_connection"], which)


async def forget(worker: Worker, which: Doomed, revoked: Revoked) -> bool:
    forgetting = Forgetting(**which.model_dump(), **revoked.model_dump())
    return await worker.environment().run(tasks(worker)["forget_connection"], forgetting)


def tasks(worker: Worker) -> dict[str, Any]:
    return {each.__name__: each for each in worker.activities.all()}


async def test_both_tokens_are_revoked_the_refresh_token_first(world: World) -> None:
    which = await doomed(world)
    async with serving(reply(200, {"request_id": "r"})) as server, world.worker(notion_origin=server.origin) as worker:
        revoked = await revoke(worker, which)
        assert revoked == Revoked(revocation="revoked", version=1)
        assert await forget(worker, which, revoked)
    basic = base64.b64encode(f"client:{CLIENT_SECRET}".encode()).decode()
    assert [json.loads(call.body) for call in server.asked(REVOKE)] == [{"token": REFRESH}, {"token": CANARY}]
    assert {call.headers["authorization"] for call in server.calls} == {f"Basic {basic}"}
    assert all(call.headers["notion-version"] for call in server.calls)
    with pytest.raises(ConnectionUnknown):
        await world.vault.connections.get("my-notion")


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_provider_out_of_order_is_to_be_asked_again(world: World, status: int) -> None:
    which = await doomed(world)
    async with serving(reply(status, CANARY)) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(revoke(worker, which))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
    assert str(status) in failure.message


async def test_a_cut_is_to_be_tried_again_and_says_nothing_secret(world: World) -> None:
    which = await doomed(world)
    async with serving(None) as server, world.worker(notion_origin=server.origin) as worker:
        server.answer = _cut
        failure = await worker.failure(revoke(worker, which))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)


async def test_a_time_out_is_to_be_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.revoke._SECONDS", 0.2)
    which = await doomed(world)
    async with serving(_hang) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(revoke(worker, which))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)


@pytest.mark.parametrize(
    ("statuses", "revocation"),
    [([200, 200], "revoked"), ([200, 400], "revoked"), ([400, 200], "refused"), ([401, 401], "refused")],
)
async def test_the_answer_about_the_refresh_token_decides(world: World, statuses: list[int], revocation: str) -> None:
    which = await doomed(world)
    left = list(statuses)

    async def answer(_call: Call) -> bytes:
        return reply(left.pop(0), {"error": "canary"})

    async with serving(answer) as server, world.worker(notion_origin=server.origin) as worker:
        assert (await revoke(worker, which)).revocation == revocation


async def test_without_a_client_id_nothing_is_sent(world: World) -> None:
    which = await doomed(world)
    async with (
        serving(reply(200)) as server,
        world.worker(notion_origin=server.origin, notion_client_id=None) as worker,
    ):
        assert (await revoke(worker, which)).revocation == "impossible"
    assert server.calls == []


async def test_a_connection_that_is_not_being_deleted_is_left_alone(world: World) -> None:
    await world.connect(refresh=REFRESH)
    living = await world.vault.connections.get("my-notion")
    which = Doomed(id=living.id, handle="my-notion")
    async with serving(reply(200)) as server, world.worker(notion_origin=server.origin) as worker:
        revoked = await revoke(worker, which)
        assert await forget(worker, which, revoked)
    assert server.calls == []
    assert await world.access() == CANARY


async def test_a_refresh_under_way_is_waited_for(world: World) -> None:
    await world.connect(refresh=REFRESH)
    assert await world.vault.connections.refreshes.begin("my-notion", version=1, lease=timedelta(minutes=1))
    begun = await world.vault.connections.deletions.begin("my-notion")
    which = Doomed(id=begun.id, handle="my-notion")
    async with serving(reply(200)) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(revoke(worker, which))
        assert (failure.type, failure.non_retryable) == ("vault-failed", False)
        assert server.calls == []
        fresh = Tokens(Secret("ntn_fresh_canary"), Secret("nrt_fresh_canary"))
        assert await world.vault.connections.replace_tokens("my-notion", version=1, tokens=fresh)
        assert (await revoke(worker, which)).version == 2
    assert [json.loads(call.body)["token"] for call in server.calls] == ["nrt_fresh_canary", "ntn_fresh_canary"]


async def test_a_pair_that_comes_in_after_the_revocation_is_revoked_as_well(world: World) -> None:
    which = await doomed(world)
    async with serving(reply(200)) as server, world.worker(notion_origin=server.origin) as worker:
        revoked = await revoke(worker, which)
        late = Tokens(Secret("ntn_late_canary"), None)
        assert await world.vault.connections.replace_tokens("my-notion", version=1, tokens=late)
        assert not await forget(worker, which, revoked)
        assert await forget(worker, which, await revoke(worker, which))
    assert json.loads(server.calls[-1].body) == {"token": "ntn_late_canary"}


async def test_a_provider_that_cannot_be_reached_keeps_no_tokens_here(
    world: World, virtual_time: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    which = await doomed(world)
    async with serving(reply(503)) as server, world.worker(notion_origin=server.origin) as worker:
        queue = str(uuid4())
        async with TemporalWorker(
            virtual_time.client, task_queue=queue, workflows=own_workflows(), activities=worker.activities.all()
        ):
            outcome = await virtual_time.client.execute_workflow(
                "steps.connection.delete", which, id=queue, task_queue=queue, result_type=str
            )
    assert (outcome, len(server.calls)) == ("unreached", REVOKE_ATTEMPTS)
    left = await world.vault.connections.deletions.last("my-notion")
    assert left is not None
    assert left.revocation is Revocation.UNREACHED
    assert any("remove it in the settings of Notion, too" in record.getMessage() for record in caplog.records)
    assert "canary" not in caplog.text


def test_a_provider_of_the_usual_kind_gets_a_form_with_a_hint() -> None:
    pair = Tokens(Secret("a"), Secret("r"))
    usual = Provider(
        "x",
        "X",
        "https://x.test/a",
        "https://x.test/t",
        "https://x.test/r",
        ("x.test",),
        AccountRule("token", id="id"),
    )
    requests = revocations(Registration(usual, "id", Secret("secret")), pair)
    assert [request.content for request in requests] == [
        b"token=r&token_type_hint=refresh_token",
        b"token=a&token_type_hint=access_token",
    ]
    silent = dataclasses.replace(usual, revoke_url=None)
    assert revocations(Registration(silent, "id", Secret("secret")), pair) == []
    assert not was_revoked([])


async def _cut(_call: Call) -> None:
    return None


async def _hang(_call: Call) -> None:
    await asyncio.sleep(5)
