"""What a later attempt of a write finds, and what it does not take for its own."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATABASE_ID
from steps.http import Again
from tests.activities.desk import CREATE, LONG_AGO, QUERY, Desk, desk, row
from tests.activities.test_stand_in import notion, origin

__all__ = ["desk", "notion", "origin"]


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


def put_clock(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    """Let the worker's clock be wrong by so much, and Temporal's be right."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3_600 * hours)


@pytest.mark.parametrize("hours", [-1, 1])
async def test_it_waits_as_long_by_a_clock_that_is_wrong(
    desk: Desk, hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The attempt before was lost with its worker a moment ago."""
    sent = datetime.now(UTC) - timedelta(seconds=20)
    put_clock(monkeypatch, hours)
    failure = await desk.failure(
        desk.environment(2, None, current_attempt_scheduled_time=sent).run(
            desk.worker.activities.notion, desk.request(*CREATE, row())
        )
    )
    assert failure.next_retry_delay is not None
    assert 40 < failure.next_retry_delay.total_seconds() <= 46


@pytest.mark.parametrize("hours", [-1, 1])
async def test_it_waits_no_longer_than_that_by_a_clock_that_is_wrong(
    desk: Desk, hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = {"attempt": 1, "doubtful": True, "open": time.time() - 70, "over": False}
    put_clock(monkeypatch, hours)
    await desk.call(*CREATE, row(), left=left)
    assert desk.asked == [QUERY, CREATE]


@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_worker_whose_clock_is_wrong_tells_the_others_when_it_sent_by_temporals(
    desk: Desk, hours: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = time.time()
    put_clock(monkeypatch, hours)
    desk.fault("cut_after")
    await desk.failure(desk.call(*CREATE, row(), attempt=1))
    assert began - 1 <= desk.left[-1]["open"] <= began + 30


async def test_a_token_that_is_refused_at_a_look_needs_a_person(desk: Desk) -> None:
    desk.notion.workspace.grants.revoke_all()
    failure = await desk.failure(desk.call(*CREATE, row()))
    assert failure.type == "connection-needs-reauthorization"


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
