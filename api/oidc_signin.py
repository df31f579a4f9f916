"""Signing a browser in at the OpenID provider: authorization code flow with PKCE, bound to the browser."""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.auth import public
from api.forms import read_form
from api.oidc_problems import OpenIdDeclined, OpenIdFailed, OpenIdNotAllowed, OpenIdStateInvalid
from api.openid import CALLBACK, Attempt, OpenIdProvider
from api.persons import granted
from api.problems import NotFound
from api.services import Services, Shared
from api.signin import known_page, open_session
from settings import Settings
from vault.errors import OneTimeRefused, VaultError

logger = logging.getLogger("api")
router = APIRouter(include_in_schema=False)

STATE_TTL = timedelta(minutes=10)
_PURPOSE = "openid"
_LONGEST_CODE = 4096


@router.post("/signin/openid", dependencies=[public("It is the way in.")], summary="Sign in at the OpenID provider")
async def begin(request: Request, services: Shared) -> Response:
    """Send the browser to the provider, with a state that only this browser can bring back."""
    provider = _provider(services)
    page = known_page((await read_form(request)).get("next", "/"))
    services.attempts.check(request)
    services.attempts.failed(request)  # each leaves a row, so that each counts
    browser = secrets.token_urlsafe(32)
    state = await (await services.vault()).one_time.put(_PURPOSE, {"page": page}, ttl=STATE_TTL, browser=browser)
    attempt = _attempt(services, state.reveal())
    try:
        response = RedirectResponse(await provider.authorize_url(attempt, _challenge(attempt.verifier)), 303)
    except OpenIdFailed as problem:
        return _refuse(problem)
    response.set_cookie(
        _cookie(services.settings, attempt.state),
        browser,
        max_age=int(STATE_TTL.total_seconds()),
        path="/",
        secure=services.settings.secure,
        httponly=True,
        samesite="lax",
    )
    return response


@router.get(CALLBACK, dependencies=[public("The state names the browser.")], summary="Come back from the provider")
async def finish(
    request: Request,
    services: Shared,
    state: Annotated[str, Query()] = "",
    code: Annotated[str, Query()] = "",
    error: Annotated[str, Query()] = "",
    iss: Annotated[str | None, Query()] = None,
) -> Response:
    """Open a session for the person; whatever comes of it, the browser ends at an address without the code."""
    provider = _provider(services)
    cookie = _cookie(services.settings, state)
    try:
        page = await _take(services, state, request.cookies.get(cookie, ""))
        await provider.check_issuer(iss)
        if error or not 0 < len(code) <= _LONGEST_CODE:
            raise OpenIdDeclined(f"The provider sent no code, but {error[:100]!r}")
        person = await provider.person(code, _attempt(services, state))
        if not granted(services.settings, person):
            raise OpenIdNotAllowed("The person is not named in STEPS_OIDC_ACCESS")
        response = await open_session(request, services, page, person=person)
    except OpenIdFailed as problem:
        response = _refuse(problem)
    except VaultError as failure:
        response = _refuse(OpenIdFailed(f"The vault does not work: {failure.type}"))
    response.delete_cookie(cookie, path="/", secure=services.settings.secure, httponly=True, samesite="lax")
    return response


async def _take(services: Services, state: str, browser: str) -> str:
    """Return the page to go on to, and use the state up; of another browser it stays good for that one."""
    try:
        payload = await (await services.vault()).one_time.take(_PURPOSE, state, browser=browser)
    except OneTimeRefused as error:
        raise OpenIdStateInvalid(f"The state is refused: {error.type}") from None
    return known_page(str(payload["page"]))


def _attempt(services: Services, state: str) -> Attempt:
    # Derived, so that nothing of them is stored: only this deployment can tell them from the state.
    sign = services.signer.sign
    return Attempt(state, verifier=sign("oidc", state), nonce=sign("oidc nonce", state))


def _challenge(verifier: str) -> str:
    hashed = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")


def _refuse(problem: OpenIdFailed) -> Response:
    logger.warning("Nobody was signed in (%s): %s", problem.type, problem)
    return RedirectResponse(f"/signin?problem={problem.type}", 303)


def _provider(services: Services) -> OpenIdProvider:
    if services.openid is None:
        raise NotFound("No OpenID provider is set up here: see STEPS_OIDC_ISSUER.")
    return services.openid


def _cookie(settings: Settings, state: str) -> str:
    """Return a cookie name of each attempt's own, so that two tabs do not take each other's."""
    name = f"steps_openid_{hashlib.sha256(state.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
    return f"__Host-{name}" if settings.secure else name
