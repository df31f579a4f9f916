"""One event of a connection, as its receiver sees it."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from temporalio.testing import WorkflowEnvironment

from settings import Settings
from steps.connection_tasks import Told
from tests.activities.conftest import CANARY, REFRESH, Worker, World
from tests.activities.servers import reply, serving
from tests.activities.telling import SECRET, TOLD, Receiver, deployed, options


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
