"""Which events the life of a connection makes, and that each is told once."""

from __future__ import annotations

import asyncio
import logging

import pytest
from pydantic import SecretStr
from temporalio.testing import WorkflowEnvironment

from activities.tasks import hand_on
from settings import Settings
from steps.connection_tasks import Told, begin_telling
from tests.activities.conftest import World
from tests.activities.servers import Call, reply, serving
from tests.activities.telling import SECRET, Receiver, deployed, keeping, options
from tests.conftest import eventually
from tests.vault.deleting import delete
from vault import ConnectionStatus


async def test_the_whole_life_of_a_connection_is_told_once(world: World, dev_server: WorkflowEnvironment) -> None:
    receiver = Receiver(failures=1)
    client = dev_server.client
    async with (
        serving(receiver.answer) as server,
        deployed(world, client, **options(server)) as (settings, worker),
        worker(),
        keeping(world, client, settings),
        keeping(world, client, settings),
    ):
        await world.connect()
        await world.vault.connections.mark("my-notion", ConnectionStatus.NEEDS_REAUTHORIZATION)
        await world.connect()
        await delete(world.vault, "my-notion")
        wanted = ["created", "deleted", "needs_reauthorization", "reconnected", "revoked"]

        async def all_told() -> bool:
            return receiver.types() == [f"connection.{name}" for name in wanted]

        await eventually(all_told)
    assert len(receiver.ids) == 6, "the first one failed once"
    assert len(set(receiver.ids)) == 5, "what is sent again has the same id"
    assert await world.vault.connections.events.waiting() == []


async def test_fifty_calls_that_find_a_connection_lost_make_one_event(
    world: World, dev_server: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    receiver = Receiver()
    client = dev_server.client
    await world.connect()

    async def refuse(_call: Call) -> bytes:
        await asyncio.sleep(0.05)
        return reply(401, {"object": "error", "status": 401, "code": "unauthorized", "message": "canary"})

    async with (
        serving(refuse) as notion,
        serving(receiver.answer) as server,
        world.worker(notion_origin=notion.origin, **options(server)) as one,
        world.worker(notion_origin=notion.origin, **options(server)) as other,
        deployed(world, client, **options(server)) as (settings, worker),
    ):
        calls = [(one, other)[number % 2].notion("GET", "/v1/users/me") for number in range(50)]
        failures = await asyncio.gather(*calls, return_exceptions=True)
        assert all(isinstance(failure, Exception) for failure in failures)
        async with worker(), keeping(world, client, settings), keeping(world, client, settings):

            async def told() -> bool:
                return receiver.types() == ["connection.created", "connection.needs_reauthorization"]

            await eventually(told)
    assert len(receiver.ids) == 2
    warnings = [r.getMessage() for r in caplog.records if r.name == "worker" and r.levelno == logging.WARNING]
    assert [text for text in warnings if "must be connected again" in text] == [
        "Connection my-notion must be connected again: Notion takes its token no longer. "
        "OAuth Connections → my-notion → Reconnect, with the same handle."
    ]


async def test_an_event_outlives_the_worker_that_made_it_true(world: World, dev_server: WorkflowEnvironment) -> None:
    receiver = Receiver()
    client = dev_server.client
    await world.connect()
    async with world.worker():  # it dies right after the mark: nothing of it runs any more
        await world.vault.connections.mark("my-notion", ConnectionStatus.NEEDS_REAUTHORIZATION)
    async with serving(receiver.answer) as server, deployed(world, client, **options(server)) as (settings, worker):
        await hand_on(world.vault, client, settings)  # and this one before it delivers
        assert receiver.taken == []
        async with worker(), keeping(world, client, settings):

            async def told() -> bool:
                return "connection.needs_reauthorization" in receiver.types()

            await eventually(told)
        assert receiver.types().count("connection.needs_reauthorization") == 1


async def test_an_event_that_was_handed_on_twice_is_told_once(world: World, dev_server: WorkflowEnvironment) -> None:
    """As after a worker that died between starting the workflow and forgetting the event."""
    receiver = Receiver()
    client = dev_server.client
    await world.connect()
    (event,) = await world.vault.connections.events.waiting()
    async with serving(receiver.answer) as server, deployed(world, client, **options(server)) as (settings, worker):
        told = Told(id=event.id, at=event.at, type=event.type, data=event.data)
        await begin_telling(client, settings.task_queue, told)
        async with worker():

            async def taken() -> bool:
                return len(receiver.taken) == 1

            await eventually(taken)
            await hand_on(world.vault, client, settings)
            handle = client.get_workflow_handle(f"connections/events/{event.id}")
            await handle.result()
    assert len(receiver.ids) == 1
    assert await world.vault.connections.events.waiting() == []


async def test_a_temporal_that_is_away_loses_no_event(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.connect()

    class Away:
        async def start_workflow(self, *_: object, **__: object) -> None:
            raise RuntimeError("nothing listens there")

    settings = Settings(_env_file=None, events_url="https://a.test/", events_secret=SecretStr(SECRET))  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
    async with keeping(world, Away(), settings):  # pyright: ignore[reportArgumentType]  # no client, on purpose

        async def said() -> bool:
            return "Changes of connections are not handed on" in caplog.text

        await eventually(said)
    assert len(await world.vault.connections.events.waiting()) == 1


async def test_without_an_address_events_are_forgotten(world: World, dev_server: WorkflowEnvironment) -> None:
    await world.connect()
    async with deployed(world, dev_server.client) as (settings, _worker):
        await hand_on(world.vault, dev_server.client, settings)
    assert await world.vault.connections.events.waiting() == []
