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
from api.connection_uses import EarlierUse
from api.forms import read_form
from api.handle_check import HandleCheck, check_for
from api.oauth import Attempt, OAuthClient, oauth_client
from api.problems import NotFound
from api.rendering import render
from api.security_headers import POLICY
from api.services import Services, Shared
from settings import Settings
from vault.handles import LONGEST, RULE, is_handle
from vault.sessions import Session

router = APIRouter(include_in_schema=False)

STATE_TTL = timedelta(minutes=10)
PURPOSE = "oauth"
_LONGEST_ASKED = 200


@router.get("/connections/add", dependencies=[page_needs("admin")], summary="Choose a provider")
async def choose(request: Request, services: Shared) -> Response:
    """Show the providers."""
    return render("connection_choose.html", request.scope, providers=services.registrations.all())


@router.get("/connections/check-handle", dependencies=[page_needs("admin")], summary="Check a handle")
async def check(
    request: Request,
    services: Shared,
    handle: Annotated[str, Query()] = "",
    provider: Annotated[str, Query()] = "notion",
) -> Response:
    """Say whether the handle can be had, as a part of the form."""
    if not handle:
        return Response(media_type="text/html")
    known = client_of(services, provider).provider.name
    checked = await check_for(services, handle[:_LONGEST_ASKED])
    return render("connection_checked.html", request.scope, check=checked, provider=known)


@router.get("/connections/add/{provider}", dependencies=[page_needs("admin")], summary="Choose the handle")
async def show(request: Request, provider: str, services: Shared, handle: Annotated[str, Query()] = "") -> Response:
    """Show the form."""
    client = client_of(services, provider)
    handle = handle[:LONGEST]
    return _form(request, client, handle, await check_for(services, handle) if handle else None)


@router.post("/connections/add/{provider}", summary="Go to the provider")
async def begin(
    request: Request, provider: str, session: Annotated[Session, page_needs("admin")], services: Shared
) -> Response:
    """Send the browser to the provider's consent page, with a state that only this browser can bring back."""
    client = client_of(services, provider)
    form = await read_form(request)
    handle = form.get("handle", "")
    # Of a handle that is in use nothing is refused yet: the same account may be connected again under it.
    checked = await check_for(services, handle)
    if checked.verdict == "broken":
        return _form(request, client, handle[:_LONGEST_ASKED], checked, status=422)
    if form.get("reuse") != handle and checked.earlier:
        return _form(request, client, handle, None, earlier=checked.earlier)
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
    checked: HandleCheck | None,
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
        check=checked,
        error=checked is not None and checked.verdict == "broken",
        rule=RULE,
        longest=LONGEST,
        example=handle if is_handle(handle) else f"my-{client.provider.name}",
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
