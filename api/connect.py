"""The pages that add an OAuth connection: choose a handle, go to the provider, come back."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import MaybeSession, hold, page_needs, public
from api.connection_uses import EarlierUse, earlier_use
from api.forms import read_form
from api.keeping import keep_authorization
from api.oauth import OAuthClient, bounded, oauth_client
from api.oauth_problems import ProviderRefused, StateForeign, StateInvalid
from api.problems import NotFound
from api.rendering import render
from api.security_headers import POLICY
from api.services import Services, Shared
from settings import Settings
from vault.errors import HandleInvalid, OneTimeForeign, OneTimeRefused
from vault.handles import RULE, check_handle
from vault.sessions import Session

router = APIRouter(include_in_schema=False)

STATE_TTL = timedelta(minutes=10)
_PURPOSE = "oauth"


@router.get("/connections/add", dependencies=[page_needs("admin")], summary="Choose a provider")
async def choose(request: Request) -> Response:
    """Show the providers."""
    return render("connection_choose.html", request.scope)


@router.get("/connections/add/{provider}", dependencies=[page_needs("admin")], summary="Choose the handle")
async def show(request: Request, provider: str, services: Shared, handle: Annotated[str, Query()] = "") -> Response:
    """Show the form."""
    return _form(request, client_of(services, provider), handle[:63], None)


@router.post("/connections/add/{provider}", summary="Go to the provider")
async def begin(
    request: Request, provider: str, session: Annotated[Session, page_needs("admin")], services: Shared
) -> Response:
    """Send the browser to the provider's consent page, with a state that only this browser can bring back."""
    client = client_of(services, provider)
    form = await read_form(request)
    handle = form.get("handle", "")
    try:
        check_handle(handle)
    except HandleInvalid as error:
        return _form(request, client, handle[:200], str(error), status=422)
    if form.get("reuse") != handle and (earlier := await earlier_use(services, handle)):
        return _form(request, client, handle, None, earlier=earlier)
    return await depart(services, session, client, handle)


async def depart(
    services: Services, session: Session, client: OAuthClient, handle: str, *, connection: str | None = None
) -> Response:
    """Send the browser to the provider; with the id of a connection, what it brings back is for that one alone."""
    attempt = secrets.token_urlsafe(32)
    payload = {"provider": client.provider.name, "handle": handle, "session": session.id, "connection": connection}
    vault = await services.vault()
    state = await vault.one_time.put(_PURPOSE, payload, ttl=STATE_TTL, browser=_browser(session, attempt))
    response = RedirectResponse(client.authorize_url(state.reveal()), 303)
    response.set_cookie(
        _cookie(services.settings, state.reveal()),
        attempt,
        max_age=int(STATE_TTL.total_seconds()),
        path="/",
        secure=services.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(
    "/oauth/callback/{provider}",
    dependencies=[public("The state names the browser.")],
    summary="Come back from the provider",
)
async def finish(
    request: Request,
    provider: str,
    session: MaybeSession,
    services: Shared,
    state: Annotated[str, Query()] = "",
    code: Annotated[str, Query()] = "",
    error: Annotated[str, Query()] = "",
) -> Response:
    """Store the connection, if this is the browser that began it; all of that is settled before the code is used."""
    client = client_of(services, provider)
    attempt = await _take(request, services, session, provider, state)
    # What was allowed when it began may not be any more.
    hold(request.state.scopes, ("operate" if attempt["connection"] else "admin",))
    if error:
        response = _declined(request, client, attempt["handle"], error)
    elif not code or len(code) > 2048:
        raise ProviderRefused(f"{client.provider.title} sent no code. Nothing was stored. Start the connection again.")
    else:
        account, tokens = await client.exchange(services.provider_http, code)
        saved = await keep_authorization(services, client, attempt, account, tokens)
        # To a clean address: the code stays in no history, no Referer, no bookmark.
        response = RedirectResponse(f"/connections?{urlencode({'connected': saved.handle})}", 303)
    response.delete_cookie(
        _cookie(services.settings, state), path="/", secure=services.settings.secure, httponly=True, samesite="lax"
    )
    return response


async def _take(
    request: Request, services: Services, session: Session | None, provider: str, state: str
) -> dict[str, Any]:
    """Return what the state stands for, and use it up.

    Raises:
        StateForeign: another browser, or another session of it, began; the state stays good for that one.
        StateInvalid: the state is missing, used, expired, or for another provider.
    """
    if not state:
        raise StateInvalid("The address lacks its state. Start the connection again.")
    browser = _browser(session, request.cookies.get(_cookie(services.settings, state), "")) if session else None
    vault = await services.vault()
    try:
        attempt = await vault.one_time.take(_PURPOSE, state, browser=browser)
    except OneTimeForeign:
        raise StateForeign(
            "Finish in the browser in which you pressed Add Connection, without signing out in between. "
            "If somebody sent you this link, do not use it. Nothing was stored."
        ) from None
    except OneTimeRefused as error:
        raise StateInvalid(f"{error} Nothing was stored.") from None
    if session is None or attempt["session"] != session.id:
        raise StateForeign("Another session began this connection. Nothing was stored.")
    if attempt["provider"] != provider:
        raise StateInvalid("The state belongs to another provider. Start the connection again. Nothing was stored.")
    return attempt


def _declined(request: Request, client: OAuthClient, handle: str, error: str) -> Response:
    told = None if error == "access_denied" else bounded(error)
    return render("connection_declined.html", request.scope, provider=client.provider, handle=handle, error=told)


def leading_to(client: OAuthClient) -> dict[str, str]:
    """Return the headers of a page whose form leads to the provider."""
    parts = urlsplit(client.provider.authorize_url)
    # Browsers hold the whole chain of redirects after a form to this list, and the provider has a chain of its own.
    return {"Content-Security-Policy": POLICY.format(form_action=f"'self' https: {parts.scheme}://{parts.netloc}")}


def _form(
    request: Request,
    client: OAuthClient,
    handle: str,
    error: str | None,
    *,
    status: int = 200,
    earlier: EarlierUse | None = None,
) -> Response:
    return render(
        "connection_add.html",
        request.scope,
        status=status,
        headers=leading_to(client),
        provider=client.provider,
        handle=handle,
        error=error,
        rule=RULE,
        earlier=earlier,
    )


def client_of(services: Services, provider: str) -> OAuthClient:
    """Return this deployment's registration at the provider.

    Raises:
        NotFound: there is no such provider.
        ProviderNotConfigured: its client id or secret is not set.
    """
    client = oauth_client(services.settings, provider)
    if client is None:
        raise NotFound("There is no such provider. Choose one at /connections/add.")
    return client


def _browser(session: Session, attempt: str) -> str:
    return f"{session.id}.{attempt}"


def _cookie(settings: Settings, state: str) -> str:
    """Return a cookie name of each attempt's own, so that two tabs do not take each other's."""
    name = f"steps_oauth_{hashlib.sha256(state.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return f"__Host-{name}" if settings.secure else name
