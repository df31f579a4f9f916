"""The pages that add an OAuth connection: choose a provider and a handle, and go there."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import page_needs
from api.connection_uses import EarlierUse, earlier_use
from api.forms import read_form
from api.oauth import Attempt, OAuthClient, oauth_client
from api.problems import NotFound
from api.rendering import render
from api.security_headers import POLICY
from api.services import Services, Shared
from settings import Settings
from vault.errors import HandleInvalid
from vault.handles import RULE, check_handle
from vault.sessions import Session

router = APIRouter(include_in_schema=False)

STATE_TTL = timedelta(minutes=10)
PURPOSE = "oauth"


@router.get("/connections/add", dependencies=[page_needs("admin")], summary="Choose a provider")
async def choose(request: Request, services: Shared) -> Response:
    """Show the providers."""
    return render("connection_choose.html", request.scope, providers=services.registrations.all())


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
    state = await vault.one_time.put(PURPOSE, payload, ttl=STATE_TTL, browser=browser_of(session, attempt))
    response = RedirectResponse(client.authorize_url(Attempt.of(state.reveal(), services.signer)), 303)
    response.set_cookie(
        attempt_cookie(services.settings, state.reveal()),
        attempt,
        max_age=int(STATE_TTL.total_seconds()),
        path="/",
        secure=services.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


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
    client = oauth_client(services.settings, services.registrations, provider)
    if client is None:
        raise NotFound("There is no such provider. Choose one at /connections/add.")
    return client


def browser_of(session: Session, attempt: str) -> str:
    """Return what only one browser knows: its session, and the secret of this attempt."""
    return f"{session.id}.{attempt}"


def attempt_cookie(settings: Settings, state: str) -> str:
    """Return a cookie name of each attempt's own, so that two tabs do not take each other's."""
    name = f"steps_oauth_{hashlib.sha256(state.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return f"__Host-{name}" if settings.secure else name
