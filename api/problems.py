"""What the API cannot do, in one hierarchy. Each becomes an RFC 9457 problem; `type` is the stable name.

Those of signing in and of OAuth are in `api/oauth_problems.py` and `api/oidc_problems.py`, those of who may do what in
`api/access_problems.py`, those of events in `api/webhook_problems.py`, that of encryption in `api/codec_problems.py`,
that of live pages in `api/live_problems.py`.

ApiError                        internal-error              500
├── JsonInvalid                 json-invalid                400  the body is not JSON
├── JsonNotObject               json-not-object             400  the body is JSON, but not an object
├── JsonTooDeep                 json-too-deep               400  the body nests deeper than a run may carry
├── RequestMalformed            request-malformed           400  HTTP that cannot be read
├── CursorInvalid               cursor-invalid              400  a cursor that no list gave out
├── StateInvalid                state-invalid               400  an OAuth state that is missing, used or too old
├── SignInLinkInvalid           signin-link-invalid         400  a sign-in link that is used or too old
├── AuthenticationRequired      authentication-required     401  no API key and no signed-in browser
├── StateForeign                state-foreign               403  an OAuth state that another browser began
├── ScopeMissing                scope-missing               403  a key or a person without the scope that is needed
├── IssuerForeign               issuer-foreign              403  an OAuth answer of another server
├── CrossSiteRefused            cross-site-refused          403  a form that another site sent
├── SignatureInvalid            signature-invalid           403  an event that its sender has not signed
├── NotFound                    not-found                   404  an address that does not exist
├── WorkflowUnknown             workflow-unknown            404  no workflow has this name
├── HookUnknown                 hook-unknown                404  no trigger has this address
├── RunUnknown                  run-unknown                 404  no run has this id
├── ScheduleUnknown             schedule-unknown            404  no schedule has this id
├── WaitUnknown                 wait-unknown                404  no wait has this address
├── SessionUnknown              session-unknown             404  no session has this id
├── MethodNotAllowed            method-not-allowed          405  an address that takes other methods
├── RunEnded                    run-ended                   409  a run that cannot be cancelled any more
├── RunNotRetryable             run-not-retryable           409  a run that left no failed steps to retry
├── ScheduleDeclared            schedule-declared           409  a schedule that a class declares
├── ScheduleConflict            schedule-conflict           409  a name that is taken, or a run that still goes on
├── WebhookNotSetUp             webhook-not-set-up          409  an event before any token counts
├── WaitExpired                 wait-expired                410  the time to answer is over
├── WaitWithdrawn               wait-withdrawn              410  the workflow no longer waits
├── BodyTooLarge                body-too-large              413  a body over the limit
├── MediaTypeUnsupported        media-type-unsupported      415  a body that says it is not JSON
├── RequestInvalid              request-invalid             422  a parameter or field that is wrong
├── IdempotencyKeyReused        idempotency-key-reused      422  the key of an earlier, different request
├── TooManyAttempts             too-many-attempts           429  too many wrong keys or links from there
├── HeadersTooLarge             headers-too-large           431  more headers than a run may carry
├── StartFailed                 start-failed                500  the workflow failed before it could answer
├── ProviderRefused             provider-refused            502  the OAuth provider answered with an error
├── ProviderUnreachable         provider-unreachable        502  the OAuth provider did not answer as it should
├── ProviderNotConfigured       provider-not-configured     503  no client id and secret for the provider
├── PayloadsUnreadable          payloads-unreadable         503  payloads under a key that is not here
├── WorkerUnavailable           worker-unavailable          503  no worker took the event in time
├── TriggerNotSetUp             trigger-not-set-up          409  a signed trigger whose secret is not set
├── TriggerNotSigned            trigger-not-signed          409  a secret for a workflow that declares no signature
├── TooManyDeliveries           too-many-deliveries         429  more deliveries than the limit in this minute
├── WorkflowsUnloaded           workflows-unloaded          503  an event while a file that may want it is not loaded
├── TooManyStreams              too-many-streams            503  more live pages than one process keeps
├── OpenIdFailed                openid-failed               503  signing in at the OpenID provider has failed here
│   ├── OpenIdStateInvalid      openid-state-invalid        400  an attempt that is used, too old or another browser's
│   ├── OpenIdDeclined          openid-declined             403  the provider sent no code
│   ├── OpenIdTokenInvalid      openid-token-invalid        403  an id token that is not good
│   ├── OpenIdNotAllowed        openid-not-allowed          403  a person whom no setting allows anything
│   └── OpenIdUnreachable       openid-unreachable          502  the OpenID provider did not answer as it should
└── TemporalUnavailable         temporal-unavailable        503  Temporal does not answer
"""

from __future__ import annotations

from typing import Any, ClassVar


class ApiError(Exception):
    """Base of every error that the API raises itself; the message says what to do."""

    type: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong here"
    status: ClassVar[int] = 500

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None, **fields: Any) -> None:
        super().__init__(detail)
        self.headers = headers or {}
        self.fields = fields


class JsonInvalid(ApiError):
    """Say where the JSON stops being JSON."""

    type, title, status = "json-invalid", "The body is not valid JSON", 400


class JsonNotObject(ApiError):
    """Ask for an object."""

    type, title, status = "json-not-object", "The body is not a JSON object", 400


class JsonTooDeep(ApiError):
    """Give the greatest depth."""

    type, title, status = "json-too-deep", "The body is nested too deeply", 400


class RequestMalformed(ApiError):
    """Say what of the request cannot be read."""

    type, title, status = "request-malformed", "The request cannot be read", 400


class CursorInvalid(ApiError):
    """Ask for a cursor that a list gave out."""

    type, title, status = "cursor-invalid", "The cursor is not valid", 400


class AuthenticationRequired(ApiError):
    """Say how to authenticate."""

    type, title, status = "authentication-required", "An API key is needed", 401


class CrossSiteRefused(ApiError):
    """Refuse a form that was not sent from our own pages."""

    type, title, status = "cross-site-refused", "The request came from another site", 403


class NotFound(ApiError):
    """Say that nothing is there."""

    type, title, status = "not-found", "There is nothing at this address", 404


class WorkflowUnknown(ApiError):
    """List the workflows that there are."""

    type, title, status = "workflow-unknown", "No workflow has this name", 404


class HookUnknown(ApiError):
    """Tell nothing: neither whether the workflow exists nor what is wrong with the secret."""

    type, title, status = "hook-unknown", "No trigger has this address", 404


class RunUnknown(ApiError):
    """Name the run that is not there."""

    type, title, status = "run-unknown", "No run has this id", 404


class ScheduleUnknown(ApiError):
    """Name the list of schedules."""

    type, title, status = "schedule-unknown", "No schedule has this id", 404


class WaitUnknown(ApiError):
    """Tell nothing about what is wrong with the address."""

    type, title, status = "wait-unknown", "Nothing waits at this address", 404


class MethodNotAllowed(ApiError):
    """Name the methods that the address takes."""

    type, title, status = "method-not-allowed", "The address does not take this method", 405


class RunEnded(ApiError):
    """Say how the run has ended."""

    type, title, status = "run-ended", "The run has already ended", 409


class RunNotRetryable(ApiError):
    """Say why there is nothing to retry."""

    type, title, status = "run-not-retryable", "The run has no failed steps to retry", 409


class ScheduleDeclared(ApiError):
    """Say where the schedule is taken away."""

    type, title, status = "schedule-declared", "The schedule is declared in code", 409


class ScheduleConflict(ApiError):
    """Name the schedule that has the name already, or the run that still goes on."""

    type, title, status = "schedule-conflict", "Another schedule or run is in the way", 409


class WaitExpired(ApiError):
    """Say until when the answer could be given."""

    type, title, status = "wait-expired", "The time to answer is over", 410


class WaitWithdrawn(ApiError):
    """Say that the workflow went on without the answer."""

    type, title, status = "wait-withdrawn", "The answer is no longer needed", 410


class BodyTooLarge(ApiError):
    """Give the limit and, where known, the size."""

    type, title, status = "body-too-large", "The body is too large", 413


class MediaTypeUnsupported(ApiError):
    """Name the media type to send."""

    type, title, status = "media-type-unsupported", "The body is of a type that is not read here", 415


class RequestInvalid(ApiError):
    """Name each field that is wrong; what was sent is not repeated."""

    type, title, status = "request-invalid", "The request is not what this operation takes", 422


class IdempotencyKeyReused(ApiError):
    """Name the run that the key belongs to."""

    type, title, status = "idempotency-key-reused", "The idempotency key belongs to another request", 422


class HeadersTooLarge(ApiError):
    """Give the limit."""

    type, title, status = "headers-too-large", "The headers are too large", 431


class StartFailed(ApiError):
    """Name the run, and tell nothing of what it met: whoever calls a trigger may be anyone."""

    type, title, status = "start-failed", "The workflow could not answer", 500


class WorkerUnavailable(ApiError):
    """Ask to send the event again."""

    type, title, status = "worker-unavailable", "No worker answers", 503


class TemporalUnavailable(ApiError):
    """Ask to try again."""

    type, title, status = "temporal-unavailable", "Temporal does not answer", 503
