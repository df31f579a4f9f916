"""Events of connections, as a receiver sees them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker as TemporalWorker

from activities import Activities
from activities.tasks import hand_on, keep_connections
from settings import Settings
from steps.connection_tasks import Told, begin_telling
from steps.dedupe import own_workflows
from tests.activities.conftest import CANARY, REFRESH, Worker, World
from tests.activities.servers import Call, Server, reply, serving
from tests.conftest import eventually
from tests.vault.deleting import delete
from vault import ConnectionStatus

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
TOLD = Told(
    id="0a" * 16,
    at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    type="connection.needs_reauthorization",
    data={"id": "1b" * 16, "handle": "my-notion", "provider": "notion", "workspace": {"id": "w", "name": "Shöp"}},
)


@dataclass
class Receiver:
    """Takes events that are signed, as many times as it is told to fail first."""

    failures: int = 0
    status: int = 500
    taken: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    ids: list[str] = field(default_factory=list[str])

    async def answer(self, call: Call) -> bytes:
        event = Webhook(SECRET).verify(call.body, call.headers)
        self.ids.append(call.headers["webhook-id"])
        if self.failures:
            self.failures -= 1
            return reply(self.status, "canary")
        self.taken.append(event)
        return reply(204)

    def types(self, handle: str = "my-notion") -> list[str]:
        return sorted(event["type"] for event in self.taken if event["data"]["handle"] == handle)


def options(server: Server) -> dict[str, Any]:
    return {
        "events_url": f"{server.origin}/events?for=us",
        "events_secret": SecretStr(SECRET),
        "egress_private_hosts": (server.authority,),
    }


async def tell(worker: Worker, told: Told = TOLD) -> None:
    (activity,) = [each for each in worker.activities.all() if each.__name__ == "tell_event"]
    await worker.environment().run(activity, told)


async def test_an_event_is_signed_and_says_what_to_do_without_a_token(world: World) -> None:
    await world.connect(refresh=REFRESH)
    receiver = Receiver()
    async with serving(receiver.answer) as server, world.worker(**options(server)) as worker:
        await tell(worker)
    (call,) = server.calls
    assert call.target == "/events?for=us"
    assert call.headers["webhook-id"] == f"msg_{TOLD.id}"
    assert receiver.taken == [
        {
            "type": "connection.needs_reauthorization",
            "timestamp": "2026-03-01T12:00:00+00:00",
            "data": {
                **TOLD.data,
                "next": "Reconnect it with the same account: runs that use it wait for 30 days.",
                "url": "http://127.0.0.1:8000/connections",
            },
        }
    ]
    assert b"canary" not in call.body
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(call.body, call.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(call.body.replace(b"my-notion", b"my-motion"), call.headers)


@pytest.mark.parametrize("status", [301, 302, 307, 400, 401, 404, 429, 500, 503])
async def test_what_is_not_taken_is_to_be_sent_again_and_nowhere_else(world: World, status: int) -> None:
    async with serving(reply(200)) as other:
        answer = reply(status, CANARY, {"Location": f"{other.origin}/stolen"})
        async with serving(answer) as server:
            both = options(server) | {"egress_private_hosts": (server.authority, other.authority)}
            async with world.worker(None, **both) as worker:
                failure = await worker.failure(tell(worker))
        assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
        assert (len(server.calls), len(other.calls)) == (1, 0)


async def test_a_receiver_that_wants_no_more_is_left_alone(world: World) -> None:
    async with serving(reply(410)) as server, world.worker(**options(server)) as worker:
        failure = await worker.failure(tell(worker))
    assert failure.non_retryable


async def test_an_event_goes_to_no_private_address_that_is_not_named(world: World) -> None:
    async with serving(reply(200)) as server:
        world.addresses["events.test"] = ["127.0.0.1"]
        named = options(server) | {"events_url": f"https://events.test:{server.port}/", "egress_private_hosts": ()}
        async with world.worker(None, **named) as worker:
            failure = await worker.failure(tell(worker))
    assert failure.type == "egress-denied"
    assert server.calls == []


@pytest.mark.parametrize(
    "given",
    [
        {"events_url": "https://a.test/"},
        {"events_secret": SECRET},
        {"events_url": "http://a.test/", "events_secret": SECRET},
        {"events_url": "ftp://a.test/", "events_secret": SECRET},
        {"events_url": "https://me:pw@a.test/", "events_secret": SECRET},
        {"events_url": "https://a.test/", "events_secret": "whsec_short-canary"},
        {"events_url": "https://a.test/", "events_secret": SECRET.removeprefix("whsec_")},
    ],
)
def test_settings_that_cannot_be_are_refused_without_the_secret(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue]  # pydantic-settings' own
    assert "canary" not in str(refused.value)
    assert SECRET.removeprefix("whsec_") not in str(refused.value)


@asynccontextmanager
async def deployed(world: World, client: Client, **given: Any) -> AsyncGenerator[tuple[Settings, Callable[[], Any]]]:
    """Give the settings of a deployment, and a way to run a worker of it."""
    given = {"task_queue": f"telling-{uuid4()}", "notion_requests_per_second": 0} | given
    settings = Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue]  # as above
    activities = Activities(world.vault, world.signer, settings, world.resolve, client=client)
    queue = settings.task_queue

    def worker() -> TemporalWorker:
        return TemporalWorker(client, task_queue=queue, workflows=own_workflows(), activities=activities.all())

    yield settings, worker
    await activities.close()


@asynccontextmanager
async def keeping(world: World, client: Client, settings: Settings) -> AsyncGenerator[None]:
    task = asyncio.create_task(keep_connections(world.vault, client, settings))
    yield
    task.cancel()
    await asyncio.wait([task])


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

    settings = Settings(_env_file=None, events_url="https://a.test/", events_secret=SecretStr(SECRET))  # pyright: ignore[reportCallIssue]
    async with keeping(world, Away(), settings):  # pyright: ignore[reportArgumentType]

        async def said() -> bool:
            return "Changes of connections are not handed on" in caplog.text

        await eventually(said)
    assert len(await world.vault.connections.events.waiting()) == 1


async def test_without_an_address_events_are_forgotten(world: World, dev_server: WorkflowEnvironment) -> None:
    await world.connect()
    async with deployed(world, dev_server.client) as (settings, _worker):
        await hand_on(world.vault, dev_server.client, settings)
    assert await world.vault.connections.events.waiting() == []


async def test_an_event_that_nobody_takes_is_given_up_after_a_day(
    world: World, virtual_time: WorkflowEnvironment, caplog: pytest.LogCaptureFixture
) -> None:
    client = virtual_time.client
    async with (
        serving(reply(500)) as server,
        deployed(world, client, **options(server)) as (settings, worker),
        worker(),
    ):
        handle = await client.start_workflow(
            "steps.connection.tell", TOLD, id=str(uuid4()), task_queue=settings.task_queue, result_type=bool
        )
        assert not await handle.result()
        ran = await handle.describe()
    assert ran.close_time is not None
    assert 22 <= (ran.close_time - ran.start_time).total_seconds() / 3600 <= 25
    assert 20 <= len(server.calls) <= 60
    assert f"The event {TOLD.id}" in caplog.text
    assert {call.headers["webhook-id"] for call in server.calls} == {f"msg_{TOLD.id}"}
    assert {json.loads(call.body)["data"]["handle"] for call in server.calls} == {"my-notion"}
