"""A plain fetch to Notion, tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.activities.desk import QUERY, Desk, desk, row
from tests.activities.test_stand_in import notion, origin

__all__ = ["desk", "notion", "origin"]


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
