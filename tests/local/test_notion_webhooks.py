from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID, Workspace, create_app
from local.notion.webhooks import MAX_ATTEMPTS, signature
from tests.conftest import eventually
from tests.local.conftest import Notion
from tests.local.notion_schema.check import hold

Json = dict[str, Any]

URL = "http://app.test/notion"
ROW_PARENT = {"id": ORDERS_DATABASE_ID, "type": "database", "data_source_id": ORDERS_DATA_SOURCE_ID}
HOME_PARENT = {"id": HOME_PAGE_ID, "type": "page"}


class Receiver:
    """Be the application that is told of events, and hold each of them to Notion's types."""

    def __init__(self) -> None:
        self.token = ""
        self.events: list[Json] = []
        self.failures = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        assert str(request.url) == URL
        body: Json = json.loads(request.content)
        if "verification_token" in body:
            self.token = body["verification_token"]
        expected = hmac.new(self.token.encode(), request.content, hashlib.sha256).hexdigest()
        assert request.headers["x-notion-signature"] == f"sha256={expected}"
        if "verification_token" not in body:
            hold("WebhookEvent", body, body["api_version"])
            self.events.append(body)
        if self.failures:
            self.failures -= 1
            return httpx.Response(500)
        return httpx.Response(200)

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    async def got(self, count: int) -> list[Json]:
        async def enough() -> bool:
            return len(self.events) >= count

        await eventually(enough)
        assert len(self.events) == count, self.types()
        return self.events


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def workspace(receiver: Receiver) -> Workspace:
    return Workspace(webhook_transport=httpx.MockTransport(receiver))


async def subscribe(notion: Notion, **more: Any) -> Json:
    response = await notion.http.post("/_local/webhooks", json={"url": URL, **more})
    assert response.status_code == 200, response.text
    return response.json()


async def deliver(notion: Notion, **how: Any) -> None:
    assert (await notion.http.put("/_local/webhooks", json=how)).status_code == 200


def test_the_signature_is_that_of_notions_own_example() -> None:
    token = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
    body = b'{"verification_token":"secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"}'
    assert signature(token, body) == "sha256=461e8cbcba8a75c3edd866f0e71280f5a85cbf21eff040ebd10fe266df38a735"


async def test_a_subscription_begins_with_its_token_signed_with_itself(notion: Notion, receiver: Receiver) -> None:
    made = await subscribe(notion)
    assert made["verification_token"] == receiver.token
    assert receiver.token.startswith("secret_")
    assert made["status"] == 200


async def test_an_event_says_who_did_what_where_and_who_may_see_it(notion: Notion, receiver: Receiver) -> None:
    grace = Notion(create_app(notion.workspace), notion.workspace.connect("Grace"))
    made = await subscribe(notion)
    page = await notion.named("1")
    (event,) = await receiver.got(1)
    me, other = await notion.ok("GET", "/v1/users/me"), await grace.ok("GET", "/v1/users/me")
    assert event["type"] == "page.created"
    assert event["entity"] == {"id": page["id"], "type": "page"}
    assert event["data"] == {"parent": ROW_PARENT}
    assert event["authors"] == [{"id": me["id"], "type": "bot"}]
    assert [each["id"] for each in event["accessible_by"] if each["type"] == "bot"] == [me["id"], other["id"]]
    assert (event["workspace_id"], event["workspace_name"]) == (me["bot"]["workspace_id"], "Corner Shop")
    assert event["subscription_id"] == made["subscription_id"]
    assert event["integration_id"] == notion.workspace.integration_id
    assert (event["attempt_number"], event["api_version"]) == (1, "2026-03-11")


async def test_only_bots_that_see_an_object_are_named_and_without_one_nothing_is_told(
    notion: Notion, receiver: Receiver
) -> None:
    notion.workspace.connect("Hal", "Another")
    await subscribe(notion, api_version="2025-09-03")
    await notion.named("1")
    await notion.http.post("/_local/unshare", json={"id": ORDERS_DATABASE_ID})
    await notion.http.post("/_local/pages/2")
    await notion.ok("PATCH", f"/v1/pages/{HOME_PAGE_ID}", {"is_locked": True})
    events = await receiver.got(2)
    assert receiver.types() == ["page.created", "page.locked"]
    assert events[0]["api_version"] == "2025-09-03"
    assert [len(event["accessible_by"]) for event in events] == [2, 2]


async def test_what_happens_to_pages_is_told(notion: Notion, receiver: Receiver) -> None:
    page = await notion.named("1")
    path = f"/v1/pages/{page['id']}"
    await subscribe(notion)
    await notion.ok("PATCH", path, {"properties": {"Total": {"number": 1}, "Name": {"title": []}}, "is_locked": True})
    await notion.ok("PATCH", path, {"is_locked": False})
    (block,) = (await notion.ok("PATCH", f"/v1/blocks/{page['id']}/children", {"children": [{"divider": {}}]}))[
        "results"
    ]
    await notion.ok("DELETE", f"/v1/blocks/{block['id']}")
    await notion.ok("PATCH", path, {"in_trash": True})
    await notion.ok("PATCH", path, {"in_trash": False})
    await notion.ok("DELETE", f"/v1/blocks/{page['id']}")
    await notion.ok("PATCH", path, {"in_trash": False})
    await notion.ok("POST", f"{path}/move", {"parent": {"page_id": HOME_PAGE_ID}})
    assert (await notion.send("PATCH", path, {"properties": {"Nope": {"number": 1}}})).status_code == 400
    told: list[tuple[str, Json]] = [
        ("page.properties_updated", {"updated_properties": [page["properties"]["Total"]["id"], "title"]}),
        ("page.locked", {}),
        ("page.unlocked", {}),
        ("page.content_updated", {"updated_blocks": [{"id": block["id"], "type": "block"}]}),
        ("page.content_updated", {"updated_blocks": [{"id": block["id"], "type": "block"}]}),
        ("page.deleted", {}),
        ("page.undeleted", {}),
        ("page.deleted", {}),
        ("page.undeleted", {}),
    ]
    events = await receiver.got(len(told) + 1)
    assert [(event["type"], event["data"]) for event in events[:-1]] == [
        (type, {"parent": ROW_PARENT, **data}) for type, data in told
    ]
    assert (events[-1]["type"], events[-1]["data"]) == ("page.moved", {"parent": HOME_PARENT})
    assert {event["entity"]["id"] for event in events} == {page["id"]}


async def test_what_happens_to_databases_and_their_schemas_is_told(notion: Notion, receiver: Receiver) -> None:
    source = await notion.ok("GET", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}")
    ids = {name: prop["id"] for name, prop in source["properties"].items()}
    await subscribe(notion)
    change: Json = {"Total": {"name": "Sum"}, "Email": None, "Weight": {"number": {}}}
    after = await notion.ok("PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", {"properties": change})
    columns: Json = {"initial_data_source": {"properties": {"Name": {"title": {}}}}}
    made = await notion.ok("POST", "/v1/databases", {"parent": {"type": "page_id", "page_id": HOME_PAGE_ID}, **columns})
    await notion.ok("PATCH", f"/v1/databases/{made['id']}", {"in_trash": True})
    await notion.ok("PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", {"in_trash": True})
    await notion.ok("PATCH", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}", {"in_trash": False})
    events = await receiver.got(6)
    assert receiver.types() == [
        *("data_source.schema_updated", "database.created", "data_source.created", "database.deleted"),
        *("data_source.deleted", "data_source.undeleted"),
    ]
    assert sorted(events[0]["data"]["updated_properties"], key=lambda each: each["action"]) == [
        {"id": after["properties"]["Weight"]["id"], "name": "Weight", "action": "created"},
        {"id": ids["Email"], "name": None, "action": "deleted"},
        {"id": ids["Total"], "name": "Sum", "action": "updated"},
    ]
    assert events[0]["data"]["parent"] == {"id": ORDERS_DATABASE_ID, "type": "database"}
    assert events[1]["data"]["parent"] == HOME_PARENT


async def test_what_happens_to_comments_is_told(notion: Notion, receiver: Receiver) -> None:
    await subscribe(notion)
    body: Json = {"parent": {"page_id": HOME_PAGE_ID}, "rich_text": [{"text": {"content": "1"}}]}
    comment = await notion.ok("POST", "/v1/comments", body)
    await notion.ok("PATCH", f"/v1/comments/{comment['id']}", {"rich_text": []})
    await notion.ok("DELETE", f"/v1/comments/{comment['id']}")
    events = await receiver.got(3)
    assert receiver.types() == ["comment.created", "comment.updated", "comment.deleted"]
    for event in events:
        assert event["entity"] == {"id": comment["id"], "type": "comment"}
        assert event["data"] == {"parent": HOME_PARENT, "page_id": HOME_PAGE_ID}


async def test_what_a_person_adds_is_told_in_the_persons_name(notion: Notion, receiver: Receiver) -> None:
    await subscribe(notion)
    await notion.http.post("/_local/pages/3")
    events = await receiver.got(3)
    assert events[0]["authors"] == [{"id": notion.workspace.default_person.id, "type": "person"}]


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
