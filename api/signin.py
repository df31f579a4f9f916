"""Signing a browser in, with an API key or a one-time link."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import SESSION_TTL, MaybeSession, session_cookie
from api.forms import read_form
from api.oauth_problems import SignInLinkInvalid
from api.rendering import render
from api.services import Services, Shared
from vault.errors import ApiKeyInvalid, OneTimeRefused

router = APIRouter(include_in_schema=False)

# Pages of ours alone, so that a link cannot send a freshly signed-in browser elsewhere.
_PAGES = re.compile(r"/|/connections(/add(/[a-z0-9-]+)?)?|/runs(/[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*)*|/docs")


@router.get("/signin", summary="Show the sign-in form")
async def show(request: Request, session: MaybeSession, next: Annotated[str, Query()] = "/") -> Response:
    """Show the form, or go on when the browser is signed in already."""
    if session is not None:
        return RedirectResponse(known_page(next), 303)
    return render("signin.html", request.scope, next=known_page(next), error=None)


@router.post("/signin", summary="Sign in with an API key")
async def sign_in(request: Request, services: Shared) -> Response:
    """Open a session for the API key in the form."""
    form = await read_form(request)
    page = known_page(form.get("next", "/"))
    vault = await services.vault()
    try:
        key = await vault.api_keys.verify(form.get("key", "").strip())
    except ApiKeyInvalid as error:
        return render("signin.html", request.scope, status=401, next=page, error=str(error))
    return await _open(request, services, key.id, page)


@router.get("/signin/{code}", summary="Sign in with a one-time link")
async def follow_link(request: Request, code: str, services: Shared) -> Response:
    """Use the link up and open a session for the API key that it was made for."""
    vault = await services.vault()
    try:
        payload = await vault.one_time.take("signin", code)
    except OneTimeRefused:
        raise SignInLinkInvalid(
            "It has been used or is too old. Sign in with an API key, or make a new link."
        ) from None
    return await _open(request, services, payload.get("key_id"), "/")


@router.post("/signout", summary="Sign out")
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


async def _open(request: Request, services: Services, key_id: str | None, page: str) -> Response:
    vault, settings = await services.vault(), services.settings
    name = session_cookie(settings)
    if earlier := request.cookies.get(name):
        await vault.sessions.delete(earlier)
    token = await vault.sessions.create(key_id=key_id, ttl=SESSION_TTL)
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
