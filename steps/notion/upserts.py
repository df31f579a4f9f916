"""One record for one key, however many runs write it at the same time.

Who writes starts a small workflow under an id that is made from the key. While it runs, Temporal's server refuses to
start another one, so that the server decides who is next: the others wait, and try again.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import (
    ActivityError,
    ApplicationError,
    ChildWorkflowError,
    FailureError,
    WorkflowAlreadyStartedError,
    is_cancelled_exception,
)

from steps.calls import HEARTBEAT_TIMEOUT, cut, lasting, until_sent
from steps.notion.plain import RETRY
from steps.notion.records import RecordAnswer, RecordRequest
from steps.priority import priority_of

NAME = "steps.upsert"
PREFIX = "upserts/"
TIMEOUT = timedelta(minutes=10)  # of one attempt: a few calls of Notion's API, and each may wait for its turn
_FIRST, _GROWTH = 0.2, 1.3
_LONGEST, _LONGEST_LATER = 2.0, 60.0
_LATER = 40  # pauses: after a minute of them, another one is no hurry


@workflow.defn(name=NAME, sandboxed=False)
class Upsert:
    """Write one record, alone under its key."""

    @workflow.run
    async def run(self, request: RecordRequest) -> RecordAnswer:
        """Return the record; a failure is the call's own, so that the run sees what any other call would raise."""
        try:
            return await workflow.execute_activity(
                "record",
                request,
                result_type=RecordAnswer,
                start_to_close_timeout=TIMEOUT,
                heartbeat_timeout=HEARTBEAT_TIMEOUT,
                retry_policy=lasting(RETRY),
                summary=cut(f"upsert by {request.key}"),
                priority=priority_of(request),
            )
        except ActivityError as error:
            if is_cancelled_exception(error) or not isinstance(error.cause, ApplicationError):
                raise
            cause = error.cause
        raise ApplicationError(cause.message, *cause.details, type=cause.type, non_retryable=True)


async def upsert(request: RecordRequest, digest: str, summary: str) -> RecordAnswer:
    """Write a record while nobody else writes one of the same key.

    Raises:
        StepsError: what any call of Notion raises.
    """

    async def attempt(asked: RecordRequest) -> RecordAnswer:
        try:
            return await _in_turn(asked, digest, summary)
        except ChildWorkflowError as error:
            if is_cancelled_exception(error) or not isinstance(error.cause, FailureError):
                raise
            failure = error.cause  # what the activity raised, as if the run had called it
        raise failure

    return await until_sent(attempt, request, summary)


async def _in_turn(request: RecordRequest, digest: str, summary: str) -> RecordAnswer:
    for pauses in count():
        try:
            return await _write(request, digest, summary)
        except WorkflowAlreadyStartedError:
            pass
        await workflow.sleep(_pause(pauses), summary=cut(f"waiting for another run · {summary}"))
    raise AssertionError("count() has no end")


async def _write(request: RecordRequest, digest: str, summary: str) -> RecordAnswer:
    return await workflow.execute_child_workflow(
        NAME,
        request,
        result_type=RecordAnswer,
        id=f"{PREFIX}{digest}",
        # A run that is terminated leaves the write to itself; one that is cancelled waits until it has ended.
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        cancellation_type=workflow.ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        static_summary=cut(summary),
    )


def _pause(before: int) -> timedelta:
    """Return how long to wait for one's turn; runs that came together do not ask together."""
    longest = _LONGEST if before < _LATER else min(_LONGEST * 1.3 ** (before - _LATER), _LONGEST_LATER)
    seconds = min(_FIRST * _GROWTH ** min(before, 100), longest)
    return timedelta(seconds=seconds * workflow.random().uniform(0.7, 1.3))
