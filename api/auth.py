"""Who is asking, a program with an API key or a browser that has signed in, and what each route needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, cast
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request
from fastapi.security import HTTPBearer
from starlette.responses import RedirectResponse, Response

from api.access_problems import ScopeMissing
from api.persons import scopes_of
from api.problems import AuthenticationRequired
from api.services import Services, Shared
from settings import Settings
from vault.api_keys import ApiKey
from vault.errors import ApiKeyInvalid
from vault.scopes import ADMIN, covers
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
    """Whoever called the API: an API key, directly or through a browser that it signed in, or a person."""

    key_id: str | None
    scopes: tuple[str, ...]
    name: str
    key_expires_at: datetime | None = None

    def may(self, *scopes: str) -> bool:
        """Tell whether the caller holds all of these scopes."""
        return covers(self.scopes, scopes)


def session_cookie(settings: Settings) -> str:
    """Return the name of the session's cookie; browsers guard the `__Host-` prefix, but over https only."""
    return "__Host-steps_session" if settings.secure else "steps_session"


async def current_session(request: Request, services: Shared) -> Session | None:
    """Return the browser's session, if it is signed in; pages read it and its scopes in the request's state."""
    token = request.cookies.get(session_cookie(services.settings))
    noted = not _asks_by_itself(request)
    session = await (await services.vault()).sessions.get(token, noted=noted) if token else None
    request.state.session = session
    request.state.scopes = scopes_of(services.settings, session) if session is not None else ()
    return session


def _asks_by_itself(request: Request) -> bool:
    """Tell whether it is an open page that asks, which is no use: the session of a person who has left must end."""
    streams = "text/event-stream" in request.headers.get("accept", "")
    return streams or request.headers.get("hx-trigger", "").endswith("-live")


MaybeSession = Annotated[Session | None, Depends(current_session)]


async def current_caller(request: Request, services: Shared) -> Caller:
    """Return the caller; an Authorization header counts alone, whatever cookies come with it."""
    authorization = request.headers.get("authorization")
    if authorization is None:
        session = await current_session(request, services)
        if session is None:
            raise _required(_HOW)
        return caller_of(request, session)
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "bearer":
        raise _required(_HOW)
    try:
        key = await verify_key(request, services, text.strip())
    except ApiKeyInvalid as error:
        raise _required(str(error)) from None
    return Caller(key.id, key.scopes, key.name, key.expires_at)


def caller_of(request: Request, session: Session) -> Caller:
    """Return who has signed the request's browser in."""
    person = session.person
    name = (person.email or person.subject) if person else session.name or ""
    return Caller(session.key_id, request.state.scopes, name, session.key_expires_at)


CurrentCaller = Annotated[Caller, Depends(current_caller)]


async def verify_key(request: Request, services: Services, text: str) -> ApiKey:
    """Return the API key that the text is.

    Raises:
        ApiKeyInvalid: it is none in force.
        TooManyAttempts: too many were not, of late.
    """
    services.attempts.check(request, text)
    try:
        key = await (await services.vault()).api_keys.verify(text)
    except ApiKeyInvalid:
        services.attempts.failed(request, text)
        raise
    services.attempts.succeeded(text)
    return key


class Needs:
    """Let a program's request pass if its key, or its signed-in browser, holds all the scopes."""

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    async def __call__(self, caller: CurrentCaller) -> Caller:
        """Return the caller.

        Raises:
            ScopeMissing: before anything is looked for, so that it tells nothing of what there is.
        """
        hold(caller.scopes, self.scopes)
        return caller


class PageNeeds:
    """Let a browser's request pass if it is signed in and holds all the scopes; it may sign in first."""

    def __init__(self, *scopes: str) -> None:
        self.scopes = scopes

    async def __call__(self, request: Request, session: MaybeSession) -> Session:
        """Return the session."""
        if session is None:
            raise SignInNeeded(request.url.path)
        hold(request.state.scopes, self.scopes)
        return session


class Public:
    """Let everybody's request pass, for the reason that is given."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        """Do nothing."""


def needs(*scopes: str) -> Any:
    """Declare the scopes that an operation of the API needs: `dependencies=[needs("read")]`."""
    return Depends(Needs(*scopes))


def page_needs(*scopes: str) -> Any:
    """Declare the scopes that a page needs; without any, the browser need only be signed in."""
    return Depends(PageNeeds(*scopes))


def public(reason: str) -> Any:
    """Declare that everybody may use a route, and why."""
    return Depends(Public(reason))


async def to_sign_in(request: Request, error: Exception) -> Response:
    """Answer a page's request from a browser that is not signed in; a part of a page sends the whole page there."""
    needed = cast("SignInNeeded", error)  # registered for this class alone
    if "hx-request" in request.headers:
        page = urlsplit(request.headers.get("hx-current-url", "")).path or "/"
        return Response(status_code=204, headers={"HX-Redirect": f"/signin?next={quote(page, safe='')}"})
    return RedirectResponse(f"/signin?next={quote(needed.next, safe='')}", 303)


def hold(held: tuple[str, ...], needed: tuple[str, ...]) -> None:
    """Return if the scopes that are held allow those that are needed.

    Raises:
        ScopeMissing: they do not.
    """
    if not covers(held, needed):
        raise ScopeMissing(
            f"It needs the scope {' and '.join(needed)}. Yours: {', '.join(held) or 'none'}.",
            needed=list(needed),
            held=list(held),
        )


def _required(detail: str) -> AuthenticationRequired:
    return AuthenticationRequired(detail, headers={"WWW-Authenticate": "Bearer"})


# What declares nothing narrower needs everything.
authenticated = Needs(ADMIN)
signed_in = PageNeeds(ADMIN)
SignedIn = Annotated[Session, Depends(signed_in)]
Authenticated = Annotated[Caller, Depends(authenticated)]
# Only for the OpenAPI document: `current_caller` reads the header itself.
BEARER = Depends(_scheme)
