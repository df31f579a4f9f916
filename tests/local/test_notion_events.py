from __future__ import annotations

from typing import Any

import httpx
import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID, Workspace, create_app
from tests.local.conftest import Notion
from tests.local.receiver import Receiver, subscribe

Json = dict[str, Any]

ROW_PARENT = {"id": ORDERS_DATABASE_ID, "type": "database", "data_source_id": ORDERS_DATA_SOURCE_ID}
HOME_PARENT = {"id": HOME_PAGE_ID, "type": "page"}


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def workspace(receiver: Receiver) -> Workspace:
    return Workspace(webhook_transport=httpx.MockTransport(receiver))


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
