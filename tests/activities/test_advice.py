"""Every error of Notion ends in what to do about it."""

from __future__ import annotations

from typing import Any

import pytest
from temporalio.exceptions import ActivityError, ApplicationError, RetryState

from activities.notion.advice import BY_CODE, OUTCOME_UNKNOWN
from activities.notion.refusal import Refusal
from steps.crossing import from_activity
from steps.errors import NotionError
from steps.http import Response

STATUS = {
    "invalid_json": 400,
    "invalid_request_url": 400,
    "invalid_request": 400,
    "validation_error": 400,
    "missing_version": 400,
    "invalid_beta": 400,
    "invalid_grant": 400,
    "unauthorized": 401,
    "restricted_resource": 403,
    "object_not_found": 404,
    "conflict_error": 409,
    "row_limit_exceeded": 409,
    "rate_limited": 429,
    "internal_server_error": 500,
    "bad_gateway": 502,
    "service_unavailable": 503,
    "database_connection_unavailable": 503,
    "gateway_timeout": 504,
    "service_overload": 529,
}


def seen(status: int, code: str, *, repeatable: bool = True, counts: bool = False, **more: Any) -> NotionError:
    """Return the error as a step sees it."""
    body = {
        "object": "error",
        "status": status,
        "code": code,
        "message": "Notion's words.",
        "request_id": "r-1",
        **more,
    }
    failure = Refusal.of(Response(status=status), body).failure("shop", repeatable=repeatable, counts=counts)
    assert isinstance(failure, ApplicationError)
    outer = ActivityError(
        "m",
        scheduled_event_id=1,
        started_event_id=1,
        identity="",
        activity_type="notion",
        activity_id="1",
        retry_state=RetryState.NON_RETRYABLE_FAILURE,
    )
    outer.__cause__ = failure
    error = from_activity(outer, "call")
    assert isinstance(error, NotionError)
    return error


def test_every_code_has_a_status_here():
    assert STATUS.keys() == BY_CODE.keys()


@pytest.mark.parametrize("code", STATUS)
def test_every_code_quotes_notion_and_says_what_to_do(code: str):
    error = seen(STATUS[code], code)
    assert (error.status, error.code, error.request_id) == (STATUS[code], code, "r-1")
    assert error.advice
    assert error.message == str(error) == f"Notion {STATUS[code]} {code}: Notion's words. {error.advice}"
    assert "{" not in error.advice.replace("{id}", "")


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (404, "object_not_found", "with the connection 'shop' in Notion (••• → Connections)"),
        (403, "restricted_resource", "'shop' lacks the capability"),
        (403, "", "the edge before it"),
        (400, "validation_error", "stands in Notion's message"),
        (400, "missing_version", "2022-06-28, 2025-09-03, 2026-03-11"),
        (401, "unauthorized", "Connect the account 'shop' again"),
        (413, "", "500 KB and 1,000 blocks"),
        (418, "brand_new_code", "Correct the request"),
        (429, "", "STEPS_NOTION_REQUESTS_PER_SECOND"),
        (599, "brand_new_code", "status.notion.so"),
        (503, "service_unavailable", "a smaller page_size, a narrower filter"),
        (200, "", "its answer is no JSON object"),
    ],
)
def test_what_to_do_fits_the_error(status: int, code: str, words: str):
    assert words in seen(status, code).advice


def test_a_write_that_may_have_been_made_is_looked_for():
    assert seen(502, "bad_gateway", counts=True).advice == OUTCOME_UNKNOWN


def test_what_is_not_sent_again_does_not_say_so():
    assert "not sent again by itself" in seen(500, "internal_server_error", repeatable=False).advice


def test_additional_data_is_carried_as_far_as_it_is_what_notion_documents():
    given = {"error_type": "x" * 5_000, "child_data_source_ids": ["a", 1], "deep": {"a": "b"}, "n": 3}
    more = seen(400, "validation_error", additional_data=given).additional_data
    assert more == {"error_type": "x" * 2_000, "child_data_source_ids": ["a", "1"]}
