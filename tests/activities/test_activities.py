from __future__ import annotations

from typing import Any

import pytest

from steps.given import MAX_GIVEN_CONNECTIONS, Given
from steps.http import ConnectionRequest, VariablesRequest
from steps.sealed import PATTERN
from tests.activities.conftest import FLOW, Worker, World
from tests.vault.deleting import delete
from vault import ConnectionStatus, LocalKeys, Vault


async def resolve(worker: Worker, handle: str) -> str:
    return await worker.environment().run(worker.activities.resolve_connection, ConnectionRequest(handle=handle))


async def given(worker: Worker, workflow: str = FLOW) -> Given:
    return await worker.environment().run(worker.activities.read_variables, VariablesRequest(workflow=workflow))


async def test_the_worker_registers_what_steps_call(world: World) -> None:
    async with world.worker() as worker:
        names = [each.__name__ for each in worker.activities.all()]
    assert names == [
        "fetch", "notion", "record", "upload", "resolve_connection", "await_connection", "read_variables", "open_wait",
        "read_occurrence", "revoke_connection", "forget_connection", "test_connection", "tell_event",
    ]  # fmt: skip


async def test_a_connection_is_resolved_to_a_reference(world: World) -> None:
    expected = await world.connect()
    async with world.worker() as worker:
        assert await resolve(worker, "my-notion") == expected


async def test_an_unknown_handle_is_answered_with_the_known_ones(world: World) -> None:
    async with world.worker() as worker:
        failure = await worker.failure(resolve(worker, "x"))
        assert (failure.type, failure.non_retryable) == ("connection-not-found", True)
        assert failure.message == (
            "No connection has the handle 'x'. Connect it under OAuth Connections → Add Connection."
        )
        for number in range(12):
            await world.connect(f"handle-{number:02}")
        failure = await worker.failure(resolve(worker, "Not A Handle\n"))
        assert failure.message.endswith(
            "or use one of: " + ", ".join(f"handle-{n:02}" for n in range(10)) + " and 2 more."
        )


@pytest.mark.parametrize("status", [ConnectionStatus.NEEDS_REAUTHORIZATION, ConnectionStatus.REVOKED])
async def test_a_lost_connection_is_not_resolved(world: World, status: ConnectionStatus) -> None:
    await world.connect()
    await world.vault.connections.mark("my-notion", status)
    async with world.worker() as worker:
        failure = await worker.failure(resolve(worker, "my-notion"))
    assert (failure.type, failure.non_retryable) == ("connection-needs-reauthorization", True)
    assert "'my-notion'" in failure.message


async def test_secret_variables_come_as_references(world: World) -> None:
    await world.vault.variables.set(FLOW, "DATABASE_ID", "plain")
    await world.vault.variables.set(FLOW, "EMPTY", "")
    await world.vault.variables.set(FLOW, "KEY", "canary", secret=True, hosts=["hooks.example"])
    await world.vault.variables.set("AnotherFlow", "OTHER", "plain")
    async with world.worker() as worker:
        found = await given(worker)
    assert found.env == {"DATABASE_ID": "plain", "EMPTY": "", "KEY": world.seal("variable", "KEY")}
    assert PATTERN.fullmatch(found.env["KEY"])


async def test_a_run_is_given_the_active_connections_where_they_are_few(world: World) -> None:
    expected = {handle: await world.connect(handle) for handle in ("a-shop", "my-notion")}
    await world.connect("lost")
    await world.vault.connections.mark("lost", ConnectionStatus.NEEDS_REAUTHORIZATION)
    async with world.worker() as worker:
        assert (await given(worker)).connections == expected
        for number in range(MAX_GIVEN_CONNECTIONS - 2):
            await world.connect(f"handle-{number}")
        assert len((await given(worker)).connections) == MAX_GIVEN_CONNECTIONS
        await world.connect("one-more")
        assert (await given(worker)).connections == {}


@pytest.mark.parametrize("status", [ConnectionStatus.NEEDS_REAUTHORIZATION, ConnectionStatus.REVOKED])
async def test_a_connection_that_is_lost_after_the_start_is_told_by_the_call(
    world: World, status: ConnectionStatus
) -> None:
    await world.connect()
    async with world.worker() as worker:
        token = (await given(worker)).connections["my-notion"]
        await world.vault.connections.mark("my-notion", status)
        fields: dict[str, Any] = {"headers": {"Authorization": f"Bearer {token}"}}
        failure = await worker.failure(worker.fetch("https://api.notion.com/", **fields))
        assert (failure.type, failure.non_retryable) == ("connection-needs-reauthorization", True)
        assert "'my-notion'" in failure.message
        await delete(world.vault, "my-notion")
        failure = await worker.failure(worker.fetch("https://api.notion.com/", **fields))
        assert (failure.type, failure.non_retryable) == ("connection-not-found", True)


async def test_a_workflow_reads_its_own_variables_alone(world: World) -> None:
    async with world.worker() as worker:
        failure = await worker.failure(given(worker, "AnotherFlow"))
    assert (failure.type, failure.non_retryable) == ("request-invalid", True)


async def test_a_vault_that_is_out_is_waited_for(world: World) -> None:
    token = await world.connect()
    broken = await Vault.open(world.url, world.keys)
    # Another key, as when the key file is swapped under a running worker.
    broken.connections._envelope._keys = LocalKeys([b"k" * 32])  # pyright: ignore[reportPrivateUsage]  # what it tests
    async with world.worker(broken) as worker:
        fields: dict[str, Any] = {"headers": {"Authorization": f"Bearer {token}"}}
        failure = await worker.failure(worker.fetch("https://api.notion.com/", **fields))
    await broken.close()
    assert (failure.type, failure.non_retryable) == ("vault-failed", False)
    assert "(wrong-key)" in failure.message


@pytest.mark.parametrize(
    ("status", "kind", "final"),
    [
        (ConnectionStatus.NEEDS_REAUTHORIZATION, "connection-needs-reauthorization", False),
        (ConnectionStatus.REVOKED, "connection-needs-reauthorization", True),
        (None, "connection-not-found", True),
    ],
)
async def test_a_look_for_a_lost_connection_is_repeated_as_long_as_somebody_can_mend_it(
    world: World, status: ConnectionStatus | None, kind: str, final: bool
) -> None:
    await world.connect()
    if status is None:
        await delete(world.vault, "my-notion")
    else:
        await world.vault.connections.mark("my-notion", status)
    async with world.worker() as worker:
        request = ConnectionRequest(handle="my-notion")

        async def look() -> None:
            await worker.environment().run(worker.activities.await_connection, request)

        failure = await worker.failure(look())
        assert (failure.type, failure.non_retryable) == (kind, final)
        await world.connect()
        await look()
