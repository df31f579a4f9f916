from __future__ import annotations

from typing import Any

import httpx
import pytest

from local.notion import Workspace, create_app
from local.notion.webhooks import MAX_ATTEMPTS, signature
from tests.conftest import eventually
from tests.local.conftest import Notion
from tests.local.receiver import URL, Receiver, deliver, subscribe

Json = dict[str, Any]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def workspace(receiver: Receiver) -> Workspace:
    return Workspace(webhook_transport=httpx.MockTransport(receiver))


def test_the_signature_is_that_of_notions_own_example() -> None:
    token = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
    body = b'{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}'
    assert signature(token, body) == "sha256=461e8cbcba8a75c3edd866f0e71280f5a85cbf21eff040ebd10fe266df38a735"


async def test_a_subscription_begins_with_its_token_signed_with_itself(notion: Notion, receiver: Receiver) -> None:
    made = await subscribe(notion)
    assert made["verification_token"] == receiver.token
    assert receiver.token.startswith("secret_")
    assert made["status"] == 200


async def test_a_failed_delivery_is_tried_again_until_it_succeeds(notion: Notion, receiver: Receiver) -> None:
    await subscribe(notion)
    await deliver(notion, retry_seconds=0.001)
    receiver.failures = 2
    await notion.named("1")
    events = await receiver.got(3)
    assert [event["attempt_number"] for event in events] == [1, 2, 3]
    assert len({event["id"] for event in events}) == 1
    listed = (await notion.http.get("/_local/webhooks")).json()
    assert [each["status"] for each in listed] == [500, 500, 200]
    assert [each["event"] for each in listed] == events


async def test_after_eight_failures_an_event_is_lost(notion: Notion, receiver: Receiver) -> None:
    await subscribe(notion)
    await deliver(notion, retry_seconds=0.001)
    receiver.failures = MAX_ATTEMPTS
    await notion.named("1")
    await receiver.got(MAX_ATTEMPTS)
    await notion.named("2")
    events = await receiver.got(MAX_ATTEMPTS + 1)
    assert [event["attempt_number"] for event in events] == [1, 2, 3, 4, 5, 6, 7, 8, 1]


async def test_events_come_twice_or_out_of_order_when_that_is_asked_for(notion: Notion, receiver: Receiver) -> None:
    await subscribe(notion)
    await deliver(notion, repeat=True)
    await notion.named("1")
    first, again = await receiver.got(2)
    assert first["id"] == again["id"]
    assert first["attempt_number"] < again["attempt_number"]
    await deliver(notion, shuffle=True)
    pages = [(await notion.named(name))["id"] for name in ("2", "3", "4")]
    events = await receiver.got(5)
    assert [event["entity"]["id"] for event in events[2:]] == pages[::-1]


async def test_without_a_subscription_nothing_is_told(notion: Notion, receiver: Receiver) -> None:
    await notion.named("1")
    await subscribe(notion)
    await notion.named("2")
    await receiver.got(1)
    assert (await notion.http.delete("/_local/webhooks")).status_code == 204
    await notion.named("3")
    assert (await notion.http.get("/_local/webhooks")).json() == []
    assert len(receiver.events) == 1


async def test_a_subscriber_that_does_not_answer_is_no_error(notion: Notion) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    workspace = Workspace(webhook_transport=httpx.MockTransport(refuse))
    notion = Notion(create_app(workspace), workspace.connect())
    assert (await subscribe(notion))["status"] is None
    await deliver(notion, retry_seconds=0.001)
    await notion.named("1")

    async def tried() -> bool:
        return len((await notion.http.get("/_local/webhooks")).json()) == MAX_ATTEMPTS

    await eventually(tried)


@pytest.mark.parametrize(
    ("method", "body"),
    [
        ("POST", {}),
        ("POST", {"url": "app.test"}),
        ("POST", {"url": URL, "api_version": "2022-06-28"}),
        ("POST", {"url": URL, "secret": "x"}),
        ("PUT", {"repeat": 2}),
        ("PUT", {"retry_seconds": 0}),
        ("PUT", {"twice": True}),
    ],
)
async def test_what_cannot_be_set_is_refused(notion: Notion, method: str, body: Json) -> None:
    assert (await notion.http.request(method, "/_local/webhooks", json=body)).status_code == 400
