"""One example of each problem that an operation documents, made by the error itself."""

from __future__ import annotations

from typing import Any

from api.access_problems import ScopeMissing, SessionUnknown, TooManyAttempts
from api.answers import Problem, as_problem
from api.problems import (
    ApiError,
    AuthenticationRequired,
    BodyTooLarge,
    CursorInvalid,
    HeadersTooLarge,
    HookUnknown,
    IdempotencyKeyReused,
    JsonInvalid,
    MediaTypeUnsupported,
    NotFound,
    RequestInvalid,
    RunEnded,
    RunNotRetryable,
    RunUnknown,
    ScheduleConflict,
    ScheduleDeclared,
    ScheduleUnknown,
    StartFailed,
    TemporalUnavailable,
    WaitExpired,
    WaitUnknown,
    WaitWithdrawn,
    WorkerUnavailable,
    WorkflowUnknown,
)
from api.trigger_problems import TooManyDeliveries, TriggerNotSetUp, TriggerNotSigned
from api.webhook_problems import SignatureInvalid, WebhookNotSetUp, WorkflowsUnloaded
from vault.errors import (
    ApiKeyUnknown,
    ConnectionUnknown,
    VariableHostsMissing,
    VariableUnknown,
    VaultError,
    VaultUnavailable,
)
from vault.webhook_errors import WebhookTokenUnclear, WebhookTokenUnknown

_ERRORS: tuple[ApiError | VaultError, ...] = (
    ApiKeyUnknown("No API key has this id."),
    AuthenticationRequired("Send `Authorization: Bearer steps_...` with an API key."),
    BodyTooLarge("The body has more than 1,048,576 bytes. Send less, or a link to it."),
    ConnectionUnknown("my-notion"),
    CursorInvalid("Send the `next_cursor` of the page before as it is, with the same filters, or none to begin again."),
    HeadersTooLarge("The headers have more than 16,384 bytes. Send fewer."),
    HookUnknown("Check the address: it is shown beside the workflow, to those who have signed in."),
    IdempotencyKeyReused("The key 1001 belongs to order-to-notion/1001.", id="order-to-notion/1001"),
    JsonInvalid("Expecting value at line 1, column 9.", line=1, column=9),
    MediaTypeUnsupported("Send JSON, with the header `Content-Type: application/json`."),
    NotFound("Check the address; the operations are listed at /docs."),
    RequestInvalid(
        "Correct these fields: name: Field required.", errors=[{"field": "name", "message": "Field required"}]
    ),
    RunEnded("The run is completed; nothing is left to cancel.", run_status="completed"),
    RunNotRetryable("The run is completed; only a failed one has steps to retry."),
    RunUnknown("Check the id. Temporal forgets an ended run when its retention is over."),
    ScheduleConflict("A schedule has this name already. Choose another."),
    ScheduleDeclared("Take `schedule` out of the class, or pause it."),
    ScheduleUnknown("GET /api/v1/schedules lists those that there are."),
    ScopeMissing("It needs the scope operate. Yours: read.", needed=["operate"], held=["read"]),
    SessionUnknown("It may have ended by itself: GET /api/v1/sessions lists those that there are."),
    SignatureInvalid("`X-Shopify-Hmac-Sha256` is not what the secret of this trigger makes of the body."),
    StartFailed("The run notion-query/1001 failed before it could answer.", id="notion-query/1001"),
    TemporalUnavailable("Nothing was lost that an earlier answer confirmed. Send the request again."),
    TooManyAttempts("Try again in 42 seconds, with a key that is good."),
    TooManyDeliveries("Send it again in 12 seconds; nothing was started."),
    TriggerNotSetUp("Nothing is taken before the secret is set that the sender signs with."),
    TriggerNotSigned("OrderToNotion declares no signature: write `signed = Shopify()` or another in its class."),
    VariableHostsMissing("MAIL_KEY is secret: name at least one host that it may be sent to, such as api.example.com."),
    VariableUnknown("The workflow 'OrderToNotion' has no variable 'MAIL_KEY'. Set it first."),
    VaultUnavailable("The vault's database does not answer."),
    WaitExpired("The time to answer is over."),
    WaitUnknown("Copy the whole link."),
    WaitWithdrawn("The workflow no longer waits for this event."),
    WebhookNotSetUp("No event counts yet. Paste the verification token into Notion's page."),
    WebhookTokenUnclear("2 handshakes came. Say which token is meant by its `id`."),
    WebhookTokenUnknown("Notion has sent no token yet."),
    WorkerUnavailable("No worker took the event in time. Send it again."),
    WorkflowUnknown("There are ApproveOrder, NotionQuery, OrderToNotion."),
    WorkflowsUnloaded("A file that may want this event is not loaded. Notion sends it again."),
)
PROBLEMS: dict[str, Problem] = {error.type: as_problem(error) for error in _ERRORS}
# What a status means wherever an operation does not say otherwise.
_USUAL = {
    401: "authentication-required",
    403: "scope-missing",
    413: "body-too-large",
    415: "media-type-unsupported",
    422: "request-invalid",
    429: "too-many-attempts",
    431: "headers-too-large",
    500: "start-failed",
}
# What is missing is what the last parameter of the path names.
_MISSING = {
    "{run_id}": "run-unknown",
    "{schedule_id}": "schedule-unknown",
    "{handle}": "connection-unknown",
    "{key_id}": "api-key-unknown",
    "{session_id}": "session-unknown",
    "{token}": "wait-unknown",
    "{secret}": "hook-unknown",
    "{name}": "workflow-unknown",
    "{variable}": "variable-unknown",
}
_OF_THE_VAULT_ALONE = (
    "/api/v1/keys",
    "/api/v1/sessions",
    "/api/v1/connections",
    "/api/v1/webhooks",
    "/api/v1/variables",
)


def usual_type(method: str, path: str, status: int) -> str | None:
    """Return the type of the problem that an operation answers with a status, if that is plain."""
    if status == 400:
        return "cursor-invalid" if method == "get" else "json-invalid"
    if status == 404:
        named = [part for part in path.split("/") if part in _MISSING]
        return _MISSING[named[-1]] if named else "workflow-unknown"
    if status == 503:
        return "vault-unavailable" if path.startswith(_OF_THE_VAULT_ALONE) else "temporal-unavailable"
    return _USUAL.get(status)


def components() -> dict[str, Any]:
    """Return the examples, by type, as the document keeps them."""
    return {name: {"summary": problem.title, "value": problem.body()} for name, problem in PROBLEMS.items()}
