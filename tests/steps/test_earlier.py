from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from steps.earlier import Calls, tried_before
from steps.http import Again, ConnectionRequest, FetchRequest, NotionRequest
from steps.notion.plain import is_notion

SINCE = datetime(2026, 11, 23, 10, tzinfo=UTC)
BODY: dict[str, Any] = {"children": [{"divider": {}}]}
LISTED = {"object": "list", "results": [{"id": "b-1"}, {"id": "b-2"}]}


def test_the_first_write_of_a_step_has_nothing_to_look_for() -> None:
    assert Calls(None).again("POST", "/v1/pages", BODY) is None


def test_what_an_identical_write_made_is_not_to_be_taken() -> None:
    calls = Calls(None)
    calls.note("PATCH", "/v1/blocks/1/children", BODY, LISTED)
    assert calls.again("PATCH", "/v1/blocks/1/children", BODY) == Again(made=["b-1", "b-2"])
    assert calls.again("PATCH", "/v1/blocks/2/children", BODY) is None
    assert calls.again("PATCH", "/v1/blocks/1/children", {}) is None
    assert calls.again("GET", "/v1/blocks/1/children", BODY) is None


def test_a_step_that_was_tried_before_says_since_when() -> None:
    calls = Calls(SINCE)
    assert calls.again("POST", "/v1/pages", BODY) == Again(since=SINCE)
    calls.note("POST", "/v1/pages", BODY, {"id": "p-1"})
    assert calls.again("POST", "/v1/pages", BODY) == Again(since=SINCE, made=["p-1"])


def test_calls_in_another_lane_are_the_same_calls() -> None:
    calls = Calls(None)
    urgent = calls.in_lane("interactive")
    urgent.note("POST", "/v1/pages", BODY, {"id": "p-1"})
    assert (urgent.lane, calls.lane) == ("interactive", "bulk")
    assert calls.again("POST", "/v1/pages", BODY) == Again(made=["p-1"])


NO_IDS: list[Any] = [None, "text", [], {}, {"id": 1}, {"results": "x"}, {"results": [1, {}]}]


@pytest.mark.parametrize("answer", NO_IDS)
def test_an_answer_without_ids_is_nothing_to_remember(answer: Any) -> None:
    calls = Calls(None)
    calls.note("POST", "/v1/pages", BODY, answer)
    assert calls.again("POST", "/v1/pages", BODY) is None


def test_no_more_than_the_last_hundred_are_remembered() -> None:
    calls = Calls(None)
    for number in range(150):
        calls.note("POST", "/v1/pages", BODY, {"id": f"p-{number}"})
    again = calls.again("POST", "/v1/pages", BODY)
    assert again is not None
    assert again.made == [f"p-{number}" for number in range(50, 150)]


def paused(details: Any) -> ApplicationError:
    return ApplicationError("the vault is down", details, type="vault-failed", non_retryable=True)


TRIED = {"since": SINCE.isoformat(), "open": SINCE.timestamp()}


@pytest.mark.parametrize(
    "request_",
    [
        FetchRequest(url="https://api.notion.com/v1/pages", again=Again(made=["p-1"])),
        NotionRequest(handle="h", method="POST", path="/v1/pages", again=Again(made=["p-1"])),
    ],
)
def test_a_call_that_follows_a_pause_is_told_that_it_may_have_been_made(request_: Any) -> None:
    following = tried_before(request_, paused({"tried": TRIED}))
    assert following.again == Again(since=SINCE, made=["p-1"], open=SINCE)
    assert tried_before(request_, paused({"tried": {**TRIED, "open": None}})).again == Again(since=SINCE, made=["p-1"])


@pytest.mark.parametrize("failure", [None, paused({}), paused("text"), paused({"tried": None}), ValueError()])
def test_a_call_that_was_never_sent_stays_as_it_is(failure: Any) -> None:
    request = NotionRequest(handle="h", method="POST", path="/v1/pages")
    assert tried_before(request, failure) is request
    assert tried_before(ConnectionRequest(handle="h"), paused({"tried": TRIED})) == ConnectionRequest(handle="h")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.notion.com/v1/pages", True),
        (" https://api.notion.com/v1/pages", True),
        ("https://API.Notion.com:443/v1/pages", True),
        ("http://api.notion.com/v1/pages", False),
        ("https://api.notion.com:444/v1/pages", False),
        ("https://api.notion.com.evil.example/v1/pages", False),
        ("https://api.notion.com@evil.example/", False),
        ("https://[", False),
        ("https://api.notion.com:x/", False),
    ],
)
def test_notion_is_known_by_its_host(url: str, expected: bool) -> None:
    assert is_notion(url) is expected
