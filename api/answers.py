"""How an error becomes an answer: a JSON problem for programs, a page for browsers."""

from __future__ import annotations

import json
import logging
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from api.codec_problems import PayloadsUnreadable
from api.problems import ApiError, MethodNotAllowed, NotFound, RequestInvalid
from api.rendering import render
from codec.errors import PayloadError
from steps.errors import StepsError
from vault.errors import VaultError

logger = logging.getLogger("api")

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "5"
_PROGRAMS = ("/api/", "/codec/", "/hooks/", "/healthz", "/readyz", "/openapi.json")
_STATUS = {
    "handle-invalid": 422,
    "trigger-secret-invalid": 422,
    "connection-unknown": 404,
    "webhook-token-unknown": 404,
    "webhook-token-unclear": 409,
    "handle-taken": 409,
    "account-already-connected": 409,
    "account-differs": 409,
    "connection-being-deleted": 409,
    "variable-unknown": 404,
    "variable-refused": 422,
    "variable-workflow-invalid": 422,
    "variable-name-invalid": 422,
    "variable-value-invalid": 422,
    "variable-too-long": 422,
    "variables-too-large": 422,
    "variable-hosts-missing": 422,
    "variable-host-invalid": 422,
    "api-key-invalid": 401,
    "api-key-unknown": 404,
    "api-key-refused": 422,
    "payload-invalid": 422,
    "payload-too-large": 413,
}
_ADVICE = {
    "vault-not-migrated": "The vault's database is not of this version. Run `python cli.py migrate`.",
    "vault-unavailable": "The vault's database or key provider does not answer. Send the request again.",
    "key-provider-sealed": "OpenBao is sealed. Unseal it; whatever waits then goes on.",
    "key-provider-unreachable": "OpenBao does not answer, or is out of order. Start it, or check STEPS_OPENBAO_URL.",
    "key-provider-denied": "OpenBao denies this role. Check its role id, secret id and policy; the log says which.",
    "key-missing": "OpenBao has no such key. Run docker/openbao-setup.sh, or check STEPS_OPENBAO_KEY.",
    "key-retired": "OpenBao has retired the key version that sealed this. Lower min_decryption_version, then rewrap.",
    "wrong-key": "The vault's key is not the one that its database was made with. Start with that key.",
    "key-file-exposed": "Other users can read a key file. Run `chmod 600` on it.",
}


@dataclass(frozen=True)
class Problem:
    """An RFC 9457 problem."""

    type: str
    title: str
    status: int
    detail: str
    fields: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, str] = field(default_factory=dict[str, str])

    def body(self) -> dict[str, Any]:
        """Return the problem as JSON; the standard members win over further ones."""
        return self.fields | {"type": self.type, "title": self.title, "status": self.status, "detail": self.detail}


def problem_of(error: Exception) -> Problem:
    """Return the problem that stands for an error; of an unexpected one only the id of its log entry is shown."""
    match error:
        case ApiError():
            return as_problem(error)
        case VaultError() | StepsError() if error.type in _STATUS or isinstance(error, VaultError):
            problem = as_problem(error)
            if problem.status == HTTPStatus.SERVICE_UNAVAILABLE and isinstance(error, VaultError):
                logger.error("The vault does not work: %s", error)
            return problem
        case PayloadError():
            return problem_of(PayloadsUnreadable(error.message, headers={"Retry-After": RETRY_SECONDS}))
        case RequestValidationError():
            return problem_of(_invalid(error))
        case HTTPException():
            return _framework(error)
        case _:
            return _internal(error)


def respond(scope: Scope, error: Exception) -> Response:
    """Return the answer to a request that met this error."""
    return show(scope, problem_of(error))


def show(scope: Scope, problem: Problem) -> Response:
    """Return a problem as a page for browsers, as JSON for programs."""
    if _wants_page(scope):
        return render("problem.html", scope, status=problem.status, headers=problem.headers, problem=problem)
    return Response(json.dumps(problem.body()), problem.status, problem.headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Answer every error of the application and of the framework in this one way."""
    for kind in (ApiError, VaultError, StepsError, PayloadError, RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _handle)


async def _handle(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        error.headers = {"Allow": ", ".join(_methods_at(request) or ("GET", "HEAD"))}  # of a file
    return respond(request.scope, error)


def _methods_at(request: Request) -> list[str]:
    """Return what can be done at an address: the framework tells only of the first of its routes."""
    routes: list[Route] = request.app.state.routes
    matching = [route for route in routes if route.matches(request.scope)[0] is not Match.NONE]
    # The first names the address best: an id may hold slashes, so that a later route takes `/pause` for a part of it.
    return sorted({method for route in matching if route.path == matching[0].path for method in route.methods or ()})


def vault_advice(error: VaultError) -> str:
    """Return what to do about a vault that does not work, without the paths and hosts that the error names."""
    return _ADVICE.get(error.type, "The vault does not work now; the log of the API says why.")


def as_problem(error: ApiError | VaultError | StepsError) -> Problem:
    """Return an error of ours as a problem; of a vault that does not work, without the paths and hosts it names."""
    if isinstance(error, ApiError):
        return Problem(error.type, error.title, error.status, str(error), error.fields, error.headers)
    title, status = _sentence(error.type), _STATUS.get(error.type, 503)
    if status == HTTPStatus.SERVICE_UNAVAILABLE and isinstance(error, VaultError):
        return Problem(error.type, title, status, vault_advice(error), headers={"Retry-After": RETRY_SECONDS})
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    return Problem(error.type, title, status, str(error), headers=headers)


def _invalid(error: RequestValidationError) -> RequestInvalid:
    errors = [
        {"field": ".".join(str(part) for part in item["loc"]), "message": str(item["msg"])}
        for item in list(error.errors())[:20]
    ]
    told = "; ".join(f"{item['field']}: {item['message']}" for item in errors)
    return RequestInvalid(f"Correct these fields: {told}.", errors=errors)


def _framework(error: HTTPException) -> Problem:
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem_of(NotFound("Check the address; the operations are listed at /docs."))
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return problem_of(MethodNotAllowed(f"Use {headers.get('Allow') or 'another method'}.", headers=headers))
    phrase = HTTPStatus(error.status_code).phrase
    return Problem(_kebab(phrase), phrase, error.status_code, str(error.detail), headers=headers)


def _internal(error: Exception) -> Problem:
    number = secrets.token_hex(8)
    logger.error("Unexpected error %s", number, exc_info=error)
    detail = f"The error has been logged under {number}. Give this number to whoever runs the service."
    return Problem(ApiError.type, ApiError.title, ApiError.status, detail, {"error_id": number})


def _wants_page(scope: Scope) -> bool:
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept")
    return b"text/html" in accept and not scope["path"].startswith(_PROGRAMS)


def _kebab(phrase: str) -> str:
    return phrase.lower().replace(" ", "-").replace("'", "")


def _sentence(kebab: str) -> str:
    return kebab.replace("-", " ").capitalize()
