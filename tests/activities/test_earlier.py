"""What a later attempt of a write finds, and what it does not take for its own."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID, StandIn, rich_text
from local.notion.objects import Block, DataSource, Page, Parent
from steps.http import Again, FetchRequest, NotionRequest, Response
from tests.activities.conftest import Worker, World
from tests.activities.test_stand_in import asked, notion, origin
from vault import Account, Secret, Tokens

__all__ = ["notion", "origin"]

LONG_AGO = time.time() - 600
QUERY = ("POST", f"/v1/databases/{ORDERS_DATABASE_ID}/query")
CREATE = ("POST", "/v1/pages")


def row(name: str = "1001", **properties: Any) -> dict[str, Any]:
    named = {"Name": {"title": [{"text": {"content": name}}]}}
    return {"parent": {"database_id": ORDERS_DATABASE_ID}, "properties": named | properties}


def paragraph(text: str) -> dict[str, Any]:
    return {"paragraph": {"rich_text": [{"text": {"content": text}}]}}


class Desk:
    """A worker with a connection to the stand-in, whose account is the stand-in's bot."""

    def __init__(self, worker: Worker, notion: StandIn, bot: str, token: str) -> None:
        self.worker, self.notion, self.bot, self.token = worker, notion, bot, token
        self.left: list[Any] = []

    def environment(self, attempt: int, left: dict[str, Any] | None, **more: Any) -> ActivityEnvironment:
        environment = self.worker.environment()
        environment.on_heartbeat = lambda *details: self.left.append(details[0] if details else None)
        info = {
            "attempt": attempt,
            "scheduled_time": datetime.now(UTC),
            "current_attempt_scheduled_time": datetime.fromtimestamp(LONG_AGO, UTC),
            "heartbeat_details": [] if left is None else [left],
        }
        environment.info = dataclasses.replace(environment.info, **{**info, **more})
        return environment

    async def call(
        self, method: str, path: str, body: Any = None, *, attempt: int = 2, left: Any = None, **fields: Any
    ) -> dict[str, Any]:
        """Make a call as a later attempt would, of which nothing is known where nothing is `left`."""
        fields = {"version": "2022-06-28"} | fields
        request = NotionRequest(handle="my-notion", method=method, path=path, body=body, **fields)
        return await self.environment(attempt, left).run(self.worker.activities.notion, request)

    async def fetch(self, method: str, path: str, body: Any = None, *, attempt: int = 1, most: int = 3) -> Response:
        request = FetchRequest(
            url=f"https://api.notion.com{path}", method=method, json_body=body, has_json=body is not None,
            headers={"Authorization": f"Bearer {self.token}", "Notion-Version": "2022-06-28"},
        )  # fmt: skip
        policy = RetryPolicy(maximum_attempts=most)
        return await self.environment(attempt, None, retry_policy=policy).run(self.worker.activities.fetch, request)

    async def failure(self, call: Any) -> ApplicationError:
        return await self.worker.failure(call)

    def fault(self, kind: str, path: str = "*", **more: Any) -> None:
        self.notion.workspace.faults.add([{"kind": kind, "path": path, **more}])

    @property
    def asked(self) -> list[tuple[str, str]]:
        return asked(self.notion)

    def pages(self) -> list[Page]:
        items = self.notion.workspace.items.values()
        return [item for item in items if isinstance(item, Page) and item.parent.kind == "data_source"]

    def page(self, name: str = "1001", *, author: str | None = None, minutes: float = 0) -> Page:
        """Add a row, as made so many minutes ago."""
        source = self.notion.workspace.items[ORDERS_DATA_SOURCE_ID]
        assert isinstance(source, DataSource)
        title = next(prop.id for prop in source.properties.values() if prop.type == "title")
        page = self.notion.workspace.add_row(source, author or self.bot, {title: [rich_text.text(name)]})
        page.created_at -= timedelta(minutes=minutes)
        return page

    def block(self, text: str, *, author: str | None = None) -> Block:
        workspace = self.notion.workspace
        home = workspace.items[HOME_PAGE_ID]
        stamps = workspace.stamps(home.space, author or self.bot, Parent("page", home.id))
        content = {"rich_text": [rich_text.text(text)], "color": "default"}
        return workspace.add(Block(**stamps, type="paragraph", content=content))


@pytest.fixture
async def desk(world: World, notion: StandIn, origin: str) -> AsyncIterator[Desk]:
    async with opened(world, notion, origin) as desk:
        yield desk


@asynccontextmanager
async def opened(
    world: World, notion: StandIn, origin: str, bot: str | None = None, **options: Any
) -> AsyncGenerator[Desk]:
    grant = notion.workspace.grants.find(notion.workspace.connect())
    assert grant is not None
    pair = Tokens(Secret(grant.access_token), None)
    await world.vault.connections.save("my-notion", "notion", Account(id=bot or grant.bot.id), pair)
    async with world.worker(notion_origin=origin, **options) as worker:
        yield Desk(worker, notion, grant.bot.id, world.seal("connection", "my-notion"))


# --- what a later attempt knows


@pytest.mark.parametrize(
    ("left", "looks"),
    [
        (None, True),
        ({"attempt": 1, "doubtful": False, "open": None, "over": False}, False),
        ({"attempt": 1, "doubtful": True, "open": LONG_AGO, "over": False}, True),
        ({"attempt": 0, "doubtful": False, "open": None, "over": False}, True),  # of an older attempt
        ({}, True),
        ("of another build", True),
    ],
)
async def test_a_later_attempt_looks_unless_it_knows_that_nothing_was_done(desk: Desk, left: Any, looks: bool) -> None:
    await desk.call(*CREATE, row(), left=left)
    assert desk.asked == ([QUERY, CREATE] if looks else [CREATE])


async def test_the_first_attempt_sends_at_once(desk: Desk) -> None:
    await desk.call(*CREATE, row(), attempt=1)
    assert desk.asked == [CREATE]


async def test_the_first_attempt_of_a_step_that_was_tried_before_looks(desk: Desk) -> None:
    page = desk.page()
    found = await desk.call(*CREATE, row(), attempt=1, again=Again(since=datetime.now(UTC)))
    assert (found["id"], desk.asked) == (page.id, [QUERY])


@pytest.mark.parametrize(
    ("fault", "doubtful", "over"),
    [
        ({"kind": "rate_limited"}, False, False),
        ({"kind": "conflict"}, False, False),
        ({"kind": "overload"}, False, False),
        ({"kind": "internal"}, True, True),
        ({"kind": "bad_gateway"}, True, False),
        ({"kind": "html_error"}, True, False),
        ({"kind": "cut_after"}, True, False),
    ],
)
async def test_an_attempt_tells_the_next_one_what_it_knows(
    desk: Desk, fault: dict[str, Any], doubtful: bool, over: bool
) -> None:
    desk.fault(**fault)
    failure = await desk.failure(desk.call(*CREATE, row(), attempt=1))
    assert not failure.non_retryable
    (left,) = desk.left
    assert (left["attempt"], left["doubtful"], left["over"]) == (1, doubtful, over)
    assert (left["open"] is not None) == doubtful


async def test_a_look_that_fails_for_now_keeps_what_is_known(desk: Desk) -> None:
    desk.fault("rate_limited", QUERY[1], retry_after=7)
    left = {"attempt": 1, "doubtful": True, "open": LONG_AGO, "over": False}
    failure = await desk.failure(desk.call(*CREATE, row(), left=left))
    assert failure.next_retry_delay == timedelta(seconds=7)
    assert (desk.left[-1]["attempt"], desk.left[-1]["doubtful"], desk.left[-1]["open"]) == (2, True, LONG_AGO)
    assert desk.asked == [QUERY]


async def test_where_nothing_is_found_it_waits_until_notion_is_done_with_the_earlier_one(desk: Desk) -> None:
    left = {"attempt": 1, "doubtful": True, "open": time.time(), "over": False}
    failure = await desk.failure(desk.call(*CREATE, row(), left=left))
    assert (failure.type, failure.non_retryable, failure.details[0]["code"]) == ("notion-error", False, "answer_lost")
    assert failure.next_retry_delay is not None
    assert 60 < failure.next_retry_delay.total_seconds() <= 66
    assert desk.asked == [QUERY]


async def test_a_token_that_is_refused_at_a_look_needs_a_person(desk: Desk) -> None:
    desk.notion.workspace.grants.revoke_all()
    failure = await desk.failure(desk.call(*CREATE, row()))
    assert failure.type == "connection-needs-reauthorization"


# --- rows


async def test_the_oldest_row_with_what_was_sent_is_taken(desk: Desk) -> None:
    desk.page()
    page = desk.page(minutes=1)
    desk.page("1002", minutes=1)
    found = await desk.call(*CREATE, row())
    assert found["id"] == page.id
    assert desk.asked == [QUERY]


@pytest.mark.parametrize("why", ["another's", "too old", "made by another write", "another title", "another value"])
async def test_a_row_is_not_taken(desk: Desk, why: str) -> None:
    person = desk.notion.workspace.default_person.id
    page = desk.page(
        "1002" if why == "another title" else "1001",
        author=person if why == "another's" else None,
        minutes=3 if why == "too old" else 0,
    )
    again = Again(made=[page.id]) if why == "made by another write" else None
    body = row(Total={"number": 3}) if why == "another value" else row()
    found = await desk.call(*CREATE, body, again=again)
    assert found["id"] != page.id
    assert desk.asked[-1] == CREATE


async def test_a_row_is_known_by_its_key_whatever_else_has_changed(desk: Desk) -> None:
    desk.page("A-1")
    page = desk.page("A-1", minutes=1)
    found = await desk.call(*CREATE, row("A-1", Total={"number": 3}), key="Name")
    assert found["id"] == page.id


async def test_a_key_counts_to_the_letter(desk: Desk) -> None:
    page = desk.page("a-1")  # Notion's filter finds it
    found = await desk.call(*CREATE, row("A-1"), key="Name")
    assert found["id"] != page.id


@pytest.mark.parametrize(
    ("parent", "version"),
    [
        ({"database_id": ORDERS_DATABASE_ID}, "2022-06-28"),
        ({"data_source_id": ORDERS_DATA_SOURCE_ID}, "2022-06-28"),
        ({"data_source_id": ORDERS_DATA_SOURCE_ID}, "2025-09-03"),
        ({"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID}, "2026-03-11"),
        ({"database_id": ORDERS_DATABASE_ID}, "2026-03-11"),
    ],
)
async def test_a_row_is_found_in_each_version(desk: Desk, parent: dict[str, str], version: str) -> None:
    page = desk.page()
    found = await desk.call(*CREATE, {**row(), "parent": parent}, version=version)
    assert found["id"] == page.id
    assert found["parent"]["type"] == ("database_id" if version == "2022-06-28" else "data_source_id")


async def test_a_row_is_known_by_its_blocks_too(desk: Desk) -> None:
    desk.page()
    body = {**row(), "children": [paragraph("first")]}
    made = await desk.call(*CREATE, body)
    assert desk.asked[-1] == CREATE
    assert (await desk.call(*CREATE, body))["id"] == made["id"]


async def test_where_nothing_can_be_compared_nothing_is_guessed(desk: Desk) -> None:
    desk.page()
    failure = await desk.failure(desk.call(*CREATE, {"parent": {"database_id": ORDERS_DATABASE_ID}, "properties": {}}))
    assert (failure.non_retryable, failure.details[0]["code"]) == (True, "answer_lost")
    assert "none of the properties that were sent can be compared" in failure.message
    assert CREATE not in desk.asked


async def test_the_account_may_have_another_id_than_its_bot(world: World, notion: StandIn, origin: str) -> None:
    async with opened(world, notion, origin, bot="the id of an authorization") as desk:
        page = desk.page()
        desk.page(author=notion.workspace.default_person.id, minutes=-1)
        assert (await desk.call(*CREATE, row()))["id"] == page.id
        assert desk.asked == [QUERY, ("GET", "/v1/users/me")]


async def test_a_list_that_is_too_large_is_read_in_smaller_pages(world: World, notion: StandIn, origin: str) -> None:
    async with opened(world, notion, origin, max_response_bytes=40_000) as desk:
        for number in range(60):
            desk.block(f"{number} " + 500 * "x")
        last = desk.block("the last")
        found = await desk.call(*APPEND, {"children": [paragraph("the last")]})
        assert found["results"][0]["id"] == last.id
        sizes = [call["query"].partition("&")[0] for call in notion.workspace.calls.as_json()]
        assert sizes == ["page_size=100", "page_size=20", "page_size=20", "page_size=20", "page_size=20"]


# --- what cannot be looked for


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/v1/pages", {"parent": {"workspace": True}, "properties": {"title": [{"text": {"content": "x"}}]}}),
        ("POST", "/v1/pages", {"parent": {"page_id": HOME_PAGE_ID}, "properties": {}}),
        ("POST", "/v1/comments", {"discussion_id": ORDERS_DATABASE_ID, "rich_text": [{"text": {"content": "x"}}]}),
        ("POST", "/v1/databases", {"parent": {"page_id": HOME_PAGE_ID}, "properties": {"Name": {"title": {}}}}),
        ("POST", "/v1/views", {}),
    ],
)
async def test_what_cannot_be_looked_for_is_not_sent_again(desk: Desk, method: str, path: str, body: Any) -> None:
    failure = await desk.failure(desk.call(method, path, body))
    assert (failure.type, failure.non_retryable, failure.details[0]["code"]) == ("notion-error", True, "answer_lost")
    assert "look in Notion before it is sent again" in failure.message
    assert desk.asked == []


async def test_a_step_that_is_tried_again_sends_what_cannot_be_looked_for(desk: Desk) -> None:
    body = {"parent": {"workspace": True}, "properties": {"title": [{"text": {"content": "x"}}]}}
    await desk.call(*CREATE, body, attempt=1, again=Again(since=datetime.now(UTC)))
    assert desk.asked == [CREATE]


async def test_a_connection_that_may_not_look_says_so(desk: Desk) -> None:
    desk.notion.workspace.bots[desk.bot].hidden.add(ORDERS_DATABASE_ID)
    failure = await desk.failure(desk.call(*CREATE, row()))
    assert failure.details[0]["code"] == "answer_lost"
    assert f"Notion 404 object_not_found at POST {QUERY[1]}" in failure.message


# --- blocks and comments

APPEND = ("PATCH", f"/v1/blocks/{HOME_PAGE_ID}/children")


async def test_blocks_that_were_appended_are_found_as_notion_answered_them(desk: Desk) -> None:
    body = {"children": [paragraph("one"), paragraph("two")]}
    made = await desk.call(*APPEND, body, attempt=1)
    found = await desk.call(*APPEND, body)
    assert [block["id"] for block in found["results"]] == [block["id"] for block in made["results"]]
    assert found.keys() == made.keys() - {"request_id"}
    assert desk.asked == [APPEND, ("GET", APPEND[1])]


@pytest.mark.parametrize("between", ["one", "x"])
async def test_blocks_must_stand_together_to_be_found(desk: Desk, between: str) -> None:
    for text in ("one", between, "two"):
        desk.block(text)
    await desk.call(*APPEND, {"children": [paragraph("one"), paragraph("two")]})
    assert (desk.asked[-1] == APPEND) == (between == "x")


async def test_blocks_of_an_identical_write_are_not_taken(desk: Desk) -> None:
    first = desk.block("one")
    found = await desk.call(*APPEND, {"children": [paragraph("one")]}, again=Again(made=[first.id]))
    assert desk.asked[-1] == APPEND
    assert found["results"][0]["id"] != first.id


async def test_a_reply_is_found_where_its_page_is_known(desk: Desk) -> None:
    place = {"parent": {"page_id": HOME_PAGE_ID}}
    body = {"rich_text": [{"text": {"content": "Yes"}}]}
    first = await desk.call("POST", "/v1/comments", {**place, **body}, attempt=1)
    await desk.call("POST", "/v1/comments", {**place, **body}, attempt=1)
    reply = {"discussion_id": first["discussion_id"], **body}
    made = await desk.call("POST", "/v1/comments", reply, attempt=1)
    again = Again(made=[first["id"]])
    assert (await desk.call("POST", "/v1/comments", reply, page=HOME_PAGE_ID, again=again))["id"] == made["id"]


# --- plain fetches


@pytest.mark.parametrize(
    ("kind", "method", "path", "again"),
    [
        ("rate_limited", "POST", "/v1/pages", True),
        ("unavailable", "POST", "/v1/pages", True),
        ("unavailable", "GET", "/v1/users/me", True),
        ("rate_limited", "POST", "/v1/views", True),
        ("unavailable", "POST", "/v1/views", False),
    ],
)
async def test_a_fetch_is_tried_again_and_the_last_attempt_gives_the_answer(
    desk: Desk, kind: str, method: str, path: str, again: bool
) -> None:
    body = row() if method == "POST" else None
    desk.fault(kind, path, retry_after=7, times=2)
    if again:
        failure = await desk.failure(desk.fetch(method, path, body, most=2))
        assert not failure.non_retryable
        assert failure.next_retry_delay == (timedelta(seconds=7) if kind == "rate_limited" else None)
    else:
        await desk.fetch(method, path, body, most=2)
    if path != "/v1/views":
        answer = await desk.fetch(method, path, body, attempt=2, most=2)
        assert answer.status == (429 if kind == "rate_limited" else 503)


async def test_what_notion_refuses_for_good_is_a_response_at_once(desk: Desk) -> None:
    assert (await desk.fetch("POST", "/v1/pages", {})).status == 400


async def test_a_fetch_gets_what_an_earlier_one_made(desk: Desk) -> None:
    page = desk.page()
    answer = await desk.fetch("POST", "/v1/pages", row(), attempt=2)
    assert (answer.status, answer.json()["id"], answer.url) == (200, page.id, "https://api.notion.com/v1/pages")
    assert desk.asked == [QUERY]


async def test_a_fetch_that_nothing_is_known_of_is_not_sent_again_when_its_answer_was_lost(desk: Desk) -> None:
    desk.fault("cut_after", "/v1/views")
    failure = await desk.failure(desk.fetch("POST", "/v1/views", {}))
    assert (failure.type, failure.non_retryable, failure.details[0]["code"]) == ("notion-error", True, "answer_lost")
