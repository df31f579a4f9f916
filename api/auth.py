"""Who is asking: a program with an API key, or a browser that has signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.responses import RedirectResponse, Response

from api.problems import AuthenticationRequired
from api.services import Shared
from settings import Settings
from vault.errors import ApiKeyInvalid
from vault.sessions import Session

SESSION_TTL = timedelta(hours=12)
_HOW = "Send `Authorization: Bearer steps_...` with an API key; `python cli.py keys create` makes one."
_scheme = HTTPBearer(auto_error=False, description="An API key, made with `python cli.py keys create`.")


class SignInNeeded(Exception):
    """Send the browser to the sign-in page, and then on to `next`."""

    def __init__(self, next: str) -> None:
        super().__init__("A signed-in browser is needed")
        self.next = next


@dataclass(frozen=True)
class Caller:
    """Whoever called the API: the API key, directly or through a signed-in browser."""

    key_id: str | None


def session_cookie(settings: Settings) -> str:
    """Return the name of the session's cookie; browsers guard the `__Host-` prefix, but over https only."""
    return "__Host-steps_session" if settings.secure else "steps_session"


async def current_session(request: Request, services: Shared) -> Session | None:
    """Return the browser's session, if it is signed in."""
    token = request.cookies.get(session_cookie(services.settings))
    session = await (await services.vault()).sessions.get(token) if token else None
    request.state.session = session
    return session


async def signed_in(request: Request, session: MaybeSession) -> Session:
    """Return the browser's session, or have it sign in first."""
    if session is None:
        raise SignInNeeded(request.url.path)
    return session


async def authenticated(request: Request, services: Shared) -> Caller:
    """Return the caller; an Authorization header counts alone, whatever cookies come with it."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        session = await current_session(request, services)
        if session is None:
            raise _required(_HOW)
        return Caller(session.key_id)
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise _required(_HOW)
    try:
        key = await (await services.vault()).api_keys.verify(text.strip())
    except ApiKeyInvalid as error:
        raise _required(str(error)) from None
    return Caller(key.id)


async def to_sign_in(_request: Request, error: Exception) -> Response:
    """Answer a page's request from a browser that is not signed in."""
    needed = cast("SignInNeeded", error)  # registered for this class alone
    return RedirectResponse(f"/signin?next={quote(needed.next, safe='')}", 303)


def _required(detail: str) -> AuthenticationRequired:
    return AuthenticationRequired(detail, headers={"WWW-Authenticate": "Bearer"})


MaybeSession = Annotated[Session | None, Depends(current_session)]
SignedIn = Annotated[Session, Depends(signed_in)]
Authenticated = Annotated[Caller, Depends(authenticated)]
# Only for the OpenAPI document: `authenticated` reads the header itself.
BEARER = Depends(_scheme)
