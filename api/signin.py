"""Signing a browser in, with an API key or a one-time link; `api/oidc_signin.py` does it at an OpenID provider."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import SESSION_TTL, MaybeSession, public, session_cookie, verify_key
from api.forms import read_form
from api.oauth_problems import SignInLinkInvalid
from api.oidc_problems import REFUSALS
from api.rendering import render
from api.security_headers import POLICY
from api.services import Services, Shared, services_of
from settings import Settings, origin_of
from vault.errors import ApiKeyInvalid, OneTimeRefused
from vault.sessions import Person

router = APIRouter(include_in_schema=False)

# Pages of ours alone, so that a link cannot send a freshly signed-in browser elsewhere.
_PAGES = re.compile(
    r"/|/connections(/add(/[a-z0-9-]+)?)?|/sessions|/runs(/[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*)*|/docs"
    r"|/(keys|schedules)(/add)?|/variables(/set)?"
)


@router.get("/signin", dependencies=[public("It is the way in.")], summary="Show the sign-in form")
async def show(
    request: Request, session: MaybeSession, next: Annotated[str, Query()] = "/", problem: Annotated[str, Query()] = ""
) -> Response:
    """Show the form, and why the last attempt failed; go on when the browser is signed in already."""
    if session is not None:
        return RedirectResponse(known_page(next), 303)
    return sign_in_page(request, known_page(next), refused=problem)


@router.post("/signin", dependencies=[public("It is the way in.")], summary="Sign in with an API key")
async def sign_in(request: Request, services: Shared) -> Response:
    """Open a session for the API key in the form."""
    form = await read_form(request)
    page = known_page(form.get("next", "/"))
    try:
        key = await verify_key(request, services, form.get("key", "").strip())
    except ApiKeyInvalid as error:
        return sign_in_page(request, page, status=401, error=str(error))
    return await open_session(request, services, page, key_id=key.id)


@router.get("/signin/{code}", dependencies=[public("It does nothing.")], summary="Show the button of a one-time link")
async def show_link(request: Request, code: str) -> Response:
    """Show a button; opening the page uses nothing up, so that link scanners and previews cannot."""
    return render("signin_link.html", request.scope, code=code)


@router.post("/signin/{code}", dependencies=[public("The link is the way in.")], summary="Sign in with a one-time link")
async def follow_link(request: Request, code: str, services: Shared) -> Response:
    """Use the link up and open a session for the API key that it was made for."""
    services.attempts.check(request)
    vault = await services.vault()
    try:
        payload = await vault.one_time.take("signin", code)
    except OneTimeRefused:
        services.attempts.failed(request)
        raise SignInLinkInvalid(
            "It has been used or is too old. Sign in with an API key, or make a new link."
        ) from None
    return await open_session(request, services, "/", key_id=payload["key_id"])


@router.post("/signout", dependencies=[public("It ends the caller's own session.")], summary="Sign out")
async def sign_out(request: Request, services: Shared) -> Response:
    """End the session here and in the browser."""
    name = session_cookie(services.settings)
    if token := request.cookies.get(name):
        await (await services.vault()).sessions.delete(token)
    response = RedirectResponse("/signin", 303)
    response.delete_cookie(name, path="/", secure=services.settings.secure, httponly=True, samesite="lax")
    return response


def known_page(path: str) -> str:
    """Return the path if it is one of our pages, else the first page."""
    return path if _PAGES.fullmatch(path) else "/"


def leading_to_provider(settings: Settings) -> dict[str, str]:
    """Return the headers of a page whose form may lead to the OpenID provider."""
    if settings.oidc_issuer is None:
        return {}
    # Browsers hold the whole chain of redirects after a form to this list, and the provider has a chain of its own.
    return {"Content-Security-Policy": POLICY.format(form_action=f"'self' https: {origin_of(settings.oidc_issuer)}")}


def sign_in_page(
    request: Request, page: str, *, status: int = 200, error: str | None = None, refused: str = ""
) -> Response:
    """Return the form, with the ways in that there are."""
    settings = services_of(request).settings
    return render(
        "signin.html",
        request.scope,
        status=status,
        headers=leading_to_provider(settings),
        next=page,
        error=error,
        refused=REFUSALS.get(refused),
        openid=settings.oidc_issuer is not None,
    )


async def open_session(
    request: Request, services: Services, page: str, *, key_id: str | None = None, person: Person | None = None
) -> Response:
    """Open a session with a token of its own, end the browser's earlier one, and go on to the page."""
    vault, settings = await services.vault(), services.settings
    name = session_cookie(settings)
    if earlier := request.cookies.get(name):
        await vault.sessions.delete(earlier)
    token = await vault.sessions.create(key_id=key_id, person=person, ttl=SESSION_TTL)
    response = RedirectResponse(page, 303)
    # Lax, not Strict: the browser comes back from the OAuth provider through a link of another site.
    response.set_cookie(
        name,
        token.reveal(),
        max_age=int(SESSION_TTL.total_seconds()),
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response
