"""What can go wrong in a run, in one hierarchy. `type` is the stable name that Temporal, the API and the CLI show.

StepsError                          steps-error
├── DefinitionInvalid               definition-invalid              a class that cannot be a workflow
├── ScheduleInvalid                 schedule-invalid                a schedule that says no times, or wrong ones
├── StepUnknown                     step-unknown                    an action that the workflow does not have
├── DelayInvalid                    delay-invalid                   a delay that is not a length of time
├── PayloadInvalid                  payload-invalid                 a payload that is no JSON, or not what is declared
├── PayloadTooLarge                 payload-too-large               a payload, result or request over its limit
├── BranchLimitExceeded             branch-limit-exceeded           more armed branches than one run may hold
├── SchedulingRefused               scheduling-refused              a step armed from a hook, or after its step ended
├── StoreInvalid                    store-invalid                   a key or value that the store cannot keep
├── StoreTooLarge                   store-too-large                 a value, or the whole store, over its limit
├── VariableNotFound                variable-not-found              api.env has no such variable
├── ConnectionNotFound              connection-not-found            no connection has this handle
├── ConnectionNeedsReauthorization  connection-needs-reauthorization  nobody has connected it again
├── RequestInvalid                  request-invalid                 a call that cannot be made as it is written
│   └── RecordInvalid               record-invalid                  a record that does not fit (in invalid_record.py)
├── SealInvalid                     seal-invalid                    a sealed reference that this workflow was not given
├── EgressDenied                    egress-denied                   an address, or a secret for it, that is not allowed
├── FetchFailed                     fetch-failed                    no answer from the network, after the retries
├── ResponseTooLarge                response-too-large              an answer over the cap
├── NotionError                     notion-error                    an answer of Notion that is an error
├── VaultFailed                     vault-failed                    the vault does not work now; runs wait for it
├── StepTimedOut                    step-timed-out                  an attempt of a step over its own time limit
├── CallFailed                      call-failed                     an activity of the operator's own failed
├── RunFailed                       run-failed                      a run with failed steps; on_workflow_error gets it
└── Cancelled                       cancelled                       a run that was cancelled; on_workflow_error gets it
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from temporalio.exceptions import ApplicationError, ApplicationErrorCategory, FailureError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from steps.record import StepFailure


class StepsError(Exception):
    """Base of every error that a step can meet and that this project raises."""

    type: ClassVar[str] = "steps-error"
    retryable: ClassVar[bool] = False
    expected: ClassVar[bool] = False  # the run copes, and the worker need not log each

    def details(self) -> dict[str, Any]:
        """Return what travels with the message when the error crosses from an activity into a step."""
        return {}

    def to_failure(self, *, next_retry_delay: timedelta | None = None, retryable: bool | None = None) -> FailureError:
        """Return the Temporal failure that an activity raises in this error's place."""
        return ApplicationError(
            str(self),
            self.details(),
            type=self.type,
            non_retryable=not (self.retryable if retryable is None else retryable),
            next_retry_delay=next_retry_delay,
            category=ApplicationErrorCategory.BENIGN if self.expected else ApplicationErrorCategory.UNSPECIFIED,
        )


class DefinitionInvalid(StepsError, TypeError):
    """Say why a class cannot be a workflow."""

    type: ClassVar[str] = "definition-invalid"


class ScheduleInvalid(StepsError, ValueError):
    """Name the option of the schedule that is wrong, in `field` too, and say what to write."""

    type: ClassVar[str] = "schedule-invalid"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class StepUnknown(StepsError):
    """Name the steps that the workflow does have."""

    type: ClassVar[str] = "step-unknown"


class DelayInvalid(StepsError, ValueError):
    """Name the delays that are understood."""

    type: ClassVar[str] = "delay-invalid"


class PayloadInvalid(StepsError, ValueError):
    """Name the field of the payload that is wrong."""

    type: ClassVar[str] = "payload-invalid"


class PayloadTooLarge(StepsError, ValueError):
    """Give the size and the limit, both in bytes."""

    type: ClassVar[str] = "payload-too-large"


class BranchLimitExceeded(StepsError):
    """Give the limit that one run has."""

    type: ClassVar[str] = "branch-limit-exceeded"


class SchedulingRefused(StepsError):
    """Say that only a running step may arm another."""

    type: ClassVar[str] = "scheduling-refused"


class StoreInvalid(StepsError, ValueError):
    """Say what is wrong with the key or the value; the store is as it was."""

    type: ClassVar[str] = "store-invalid"


class StoreTooLarge(StepsError, ValueError):
    """Give the size and the limit, both in bytes; the store is as it was."""

    type: ClassVar[str] = "store-too-large"


class VariableNotFound(StepsError, KeyError):
    """Name the variable and the command that sets it."""

    type: ClassVar[str] = "variable-not-found"

    def __str__(self) -> str:  # KeyError would show the repr
        return str(self.args[0])


class ConnectionNotFound(StepsError):
    """Name the handle and where a connection is made."""

    type: ClassVar[str] = "connection-not-found"


class ConnectionNeedsReauthorization(StepsError):
    """Name the handle and where it is connected again; calls wait for that, unless the consent was `revoked`."""

    type: ClassVar[str] = "connection-needs-reauthorization"
    expected: ClassVar[bool] = True

    def __init__(self, message: str, *, handle: str = "", revoked: bool = False) -> None:
        super().__init__(message)
        self.handle, self.revoked = handle, revoked

    def details(self) -> dict[str, Any]:
        """Return what the run waits by."""
        return {"handle": self.handle, "revoked": self.revoked}


class RequestInvalid(StepsError, ValueError):
    """Say what is wrong with the call; nothing was sent."""

    type: ClassVar[str] = "request-invalid"


class SealInvalid(StepsError):
    """Refuse a sealed reference that was forged, damaged, or given to another workflow."""

    type: ClassVar[str] = "seal-invalid"


class EgressDenied(StepsError):
    """Name the host, and why nothing was sent to it."""

    type: ClassVar[str] = "egress-denied"


class FetchFailed(StepsError):
    """Say what the network did; retried by Temporal as `retry` asks."""

    type: ClassVar[str] = "fetch-failed"
    retryable: ClassVar[bool] = True


class ResponseTooLarge(StepsError):
    """Give the cap in bytes; the request itself was made."""

    type: ClassVar[str] = "response-too-large"


class VaultFailed(StepsError):
    """Say what is wrong with the vault; the run waits and goes on when it is mended."""

    type: ClassVar[str] = "vault-failed"
    retryable: ClassVar[bool] = True


class NotionError(StepsError):
    """Carry Notion's answer: `status`, `code`, `request_id`, and a message that ends in what to do.

    `data_sources` are those among which a version without them cannot choose.
    """

    type: ClassVar[str] = "notion-error"

    def __init__(
        self, message: str, *, status: int = 0, code: str = "", request_id: str | None = None,
        data_sources: Sequence[str] = (),
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.code, self.request_id, self.data_sources = status, code, request_id, list(data_sources)

    def details(self) -> dict[str, Any]:
        """Return Notion's own words."""
        names = ("status", "code", "request_id", "data_sources")
        return {name: getattr(self, name) for name in names}


class StepTimedOut(StepsError, TimeoutError):
    """Name the step and its limit in seconds."""

    type: ClassVar[str] = "step-timed-out"


class CallFailed(StepsError):
    """Carry the failure of an operator's own activity; `cause_type` is the type that it raised."""

    type: ClassVar[str] = "call-failed"

    def __init__(self, message: str, *, cause_type: str | None = None) -> None:
        super().__init__(message)
        self.cause_type = cause_type


class RunFailed(StepsError):
    """Carry every failed step of the run in `failures`, in the order in which they failed."""

    type: ClassVar[str] = "run-failed"

    def __init__(self, message: str, failures: list[StepFailure]) -> None:
        super().__init__(message)
        self.failures = failures


class Cancelled(StepsError):
    """Tell on_workflow_error that somebody cancelled the run; `failures` holds the steps that had failed before."""

    type: ClassVar[str] = "cancelled"

    def __init__(self, message: str, failures: list[StepFailure]) -> None:
        super().__init__(message)
        self.failures = failures
