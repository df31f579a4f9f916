from __future__ import annotations

import base64
import binascii
from datetime import timedelta

from fastapi import Request
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.responses import RedirectResponse, Response

from api.answers import Problem
from api.services import Services
from settings import Settings
from vault.errors import VaultError

PAGE = "/oauth/outcome"
_TTL = timedelta(minutes=2)
_PURPOSE = "oauth-outcome"
_LONGEST = 1000  # so that the cookie stays below what browsers keep


class Outcome(BaseModel):
    """What became of the way back from a provider, for the next page: a problem, or a consent that was not given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str = "internal-error"
    title: str = ""
    status: int = 500
    detail: str = ""
    provider: str | None = None
    handle: str | None = None
    error: str | None = None
    words: str | None = None

    def problem(self) -> Problem:
        """Return it as the problem that it was."""
        return Problem(self.type, self.title, self.status, self.detail)


def tell(services: Services, outcome: Outcome) -> Response:
    """Send the browser to a clean address, with what happened in a cookie: strangers can fill no table with it.

    The cookie is signed, so that nobody puts words of his own into our page.
    """
    response = RedirectResponse(PAGE, 303)
    if len(outcome.detail) > _LONGEST:
        outcome = outcome.model_copy(update={"detail": f"{outcome.detail[:_LONGEST]}…"})
    written = outcome.model_dump_json(exclude_defaults=True).encode()
    body = base64.urlsafe_b64encode(written).rstrip(b"=").decode("ascii")
    try:
        value = f"{body}.{services.signer.sign(_PURPOSE, body)}"
    except (VaultError, OSError):
        return response  # without a key nothing can be told; the log says why
    response.set_cookie(
        _name(services.settings), value, max_age=int(_TTL.total_seconds()), path="/",
        secure=services.settings.secure, httponly=True, samesite="lax",
    )  # fmt: skip
    return response


def read_outcome(services: Services, request: Request) -> Outcome | None:
    """Return what the cookie says, if we wrote it."""
    body, _, signature = request.cookies.get(_name(services.settings), "").partition(".")
    if not body or not services.signer.matches(_PURPOSE, body, signature):
        return None
    try:
        return Outcome.model_validate_json(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (ValidationError, binascii.Error, ValueError):
        return None


def forget(services: Services, response: Response) -> None:
    """Take back what an earlier attempt told."""
    response.delete_cookie(
        _name(services.settings), path="/", secure=services.settings.secure, httponly=True, samesite="lax"
    )


def _name(settings: Settings) -> str:
    return "__Host-steps_outcome" if settings.secure else "steps_outcome"
