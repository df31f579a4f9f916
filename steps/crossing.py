"""Errors as they cross from an activity into a step."""

from __future__ import annotations

from typing import Any, cast

from temporalio.exceptions import ActivityError, ApplicationError, FailureError
from temporalio.exceptions import TimeoutError as TemporalTimeoutError

from steps.errors import (
    CallFailed,
    ConnectionNeedsReauthorization,
    ConnectionNotFound,
    EgressDenied,
    FetchFailed,
    NotionError,
    PayloadTooLarge,
    RequestInvalid,
    ResponseTooLarge,
    SealInvalid,
    StepsError,
    VariableNotFound,
    VaultFailed,
)
from steps.invalid_record import RecordInvalid

_CROSSING: dict[str, type[StepsError]] = {
    error.type: error
    for error in (
        PayloadTooLarge, ConnectionNotFound, ConnectionNeedsReauthorization, SealInvalid, EgressDenied, FetchFailed,
        ResponseTooLarge, VaultFailed, NotionError, VariableNotFound, RequestInvalid, RecordInvalid,
    )
}  # fmt: skip


def from_activity(error: FailureError, call: str, *, timed_out: type[StepsError] = FetchFailed) -> StepsError:
    """Return the error that a step sees when its call has failed for good.

    A failed activity arrives wrapped in an ActivityError, a failed local activity bare.
    """
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, ApplicationError):
        if known := _CROSSING.get(cause.type or ""):
            details: Any = cause.details[0] if cause.details else None
            found = known(cause.message)
            if isinstance(details, dict):  # a newer worker's may hold more
                for name in found.details().keys() & cast("dict[str, Any]", details).keys():
                    setattr(found, name, details[name])
            return found
        return CallFailed(f"{call} failed: {cause.type}: {cause.message}", cause_type=cause.type)
    if isinstance(cause, TemporalTimeoutError):
        return timed_out(f"{call} did not end in time: its worker stopped or hung, and no retry was left")
    return CallFailed(f"{call} failed: {cause or error}")
