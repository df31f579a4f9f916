from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from temporalio.api.failure.v1 import Failure
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    CancelledError,
    FailureError,
    TimeoutError,
    TimeoutType,
)
from temporalio.testing import WorkflowEnvironment

import steps
from steps import crossing, errors
from steps.crossing import from_activity
from steps.errors import CallFailed, FetchFailed, NotionError, RunFailed, StepsError
from tests.steps.harness import Outside, run


def subclasses(cls: type[StepsError]) -> Iterator[type[StepsError]]:
    yield cls
    for child in cls.__subclasses__():
        yield from subclasses(child)


ALL = [cls for cls in subclasses(StepsError) if cls.__module__ == errors.__name__]
CROSSING = list(crossing._CROSSING.values())  # pyright: ignore[reportPrivateUsage]  # what it tests


def test_every_type_is_unique_and_named_after_its_class():
    for cls in ALL:
        words = re.findall(r"[A-Z][a-z]+", cls.__name__)
        assert cls.type == "-".join(word.lower() for word in words)
    assert len({cls.type for cls in ALL}) == len(ALL)


def test_the_tree_at_the_top_of_the_module_is_the_hierarchy():
    drawn = re.findall(r"^(?:[├└]── )?([A-Z]\w+) {2,}([a-z-]+)", errors.__doc__ or "", flags=re.MULTILINE)
    assert drawn[0] == ("StepsError", "steps-error")
    assert sorted(drawn) == sorted((cls.__name__, cls.type) for cls in ALL)
    assert all(cls.__bases__[0] is StepsError for cls in ALL[1:]), "the tree has one level"


def test_what_a_step_can_catch_can_be_imported_from_steps():
    inner = {
        "RequestInvalid",
        "SealInvalid",
        "VaultFailed",
    }  # of the outside; a step that catches them catches StepsError
    assert {cls.__name__ for cls in ALL} - set(steps.__all__) <= inner


def crossed(error: StepsError) -> Failure:
    """Send an error as an activity does."""
    failure = Failure()
    pydantic_data_converter.failure_converter.to_failure(
        error.to_failure(), pydantic_data_converter.payload_converter, failure
    )
    return failure


def arrived(failure: Failure) -> FailureError:
    received = pydantic_data_converter.failure_converter.from_failure(
        failure, pydantic_data_converter.payload_converter
    )
    assert isinstance(received, FailureError)
    return received


def wrapped(cause: BaseException) -> ActivityError:
    error = ActivityError(
        "Activity task failed", scheduled_event_id=1, started_event_id=2, identity="worker", activity_type="fetch",
        activity_id="1", retry_state=None,
    )  # fmt: skip
    error.__cause__ = cause
    return error


@pytest.mark.parametrize("cls", CROSSING)
@pytest.mark.parametrize("local", [False, True], ids=["activity", "local-activity"])
def test_an_error_crosses_from_an_activity_to_a_step_as_itself(cls: type[StepsError], local: bool):
    received = arrived(crossed(cls("what happened, and what to do")))
    error = from_activity(received if local else wrapped(received), "fetch")
    assert type(error) is cls
    assert str(error) == "what happened, and what to do"


def test_notions_own_words_cross_with_it():
    sent = NotionError("Notion says no", status=409, code="conflict_error", request_id="r-1")
    error = from_activity(wrapped(arrived(crossed(sent))), "notion")
    assert isinstance(error, NotionError)
    assert (str(error), error.status, error.code, error.request_id) == ("Notion says no", 409, "conflict_error", "r-1")


@pytest.mark.parametrize("cls", CROSSING)
def test_only_what_may_pass_is_tried_again(cls: type[StepsError]):
    assert crossed(cls("x")).application_failure_info.non_retryable is (
        cls.__name__ not in {"FetchFailed", "VaultFailed"}
    )


def test_an_activity_may_say_when_to_try_again_and_that_it_makes_no_sense():
    assert crossed(FetchFailed("x")).application_failure_info.non_retryable is False
    failure = FetchFailed("x").to_failure(retryable=False)
    assert isinstance(failure, ApplicationError)
    assert failure.non_retryable


@pytest.mark.parametrize(
    ("cause", "type_", "says"),
    [
        (ApplicationError("too bad", type="ValueError"), CallFailed, "fetch failed: ValueError: too bad"),
        (ApplicationError("no type"), CallFailed, "fetch failed: None: no type"),
        (CancelledError("stopped"), CallFailed, "fetch failed: stopped"),
        (TimeoutError("t", type=TimeoutType.HEARTBEAT, last_heartbeat_details=[]), FetchFailed, "did not end in time"),
        (ApplicationError("m", {"unknown": 1}, type="fetch-failed"), FetchFailed, "m"),
        (ApplicationError("m", "text", type="notion-error"), NotionError, "m"),
    ],
)  # fmt: skip
def test_any_other_failure_of_a_call_says_which_call_it_was(cause: FailureError, type_: type[StepsError], says: str):
    error = from_activity(wrapped(cause), "fetch")
    assert type(error) is type_
    assert says in str(error)


def test_a_failed_run_carries_its_failures():
    error = RunFailed("two failed", [])
    assert (str(error), error.failures, error.type) == ("two failed", [], "run-failed")


async def test_a_step_catches_what_an_activity_raised(virtual_time: WorkflowEnvironment):
    outside = Outside()
    more: dict[str, Any] = {
        "status": 400,
        "code": "validation_error",
        "request_id": "r-2",
        "advice": "Say it otherwise.",
    }
    outside.raises = NotionError("Notion says no", **more)
    record = await run(virtual_time.client, "Catches", None, outside)
    assert record.result == {
        "class": "NotionError",
        "message": "Notion says no",
        "status": 400,
        "code": "validation_error",
        "request_id": "r-2",
        "advice": "Say it otherwise.",
        "additional_data": {},
    }


async def test_an_activity_of_ones_own_that_does_not_end_in_time_has_failed(virtual_time: WorkflowEnvironment):
    record = await run(virtual_time.client, "CallsSlow")
    assert [(failure.type, failure.message) for failure in record.failures] == [
        ("call-failed", "hang did not end in time: its worker stopped or hung, and no retry was left")
    ]
