"""The way back from a provider. Its address holds a code: whatever comes of it is shown at another one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response

from api.answers import problem_of, show
from api.auth import MaybeSession, hold, public
from api.connect import PURPOSE, attempt_cookie, browser_of, client_of
from api.keeping import keep_authorization
from api.oauth import Attempt
from api.oauth_problems import ProviderRefused, StateForeign, StateInvalid
from api.outcomes import Outcome, forget, read_outcome, tell
from api.provider_calls import bounded
from api.rendering import render
from api.services import Services, Shared, services_of
from vault.errors import OneTimeForeign, OneTimeRefused
from vault.sessions import Session

_LONGEST_CODE = 2048


class CleanRoute(APIRoute):
    """Send the browser on from an address with a code, whatever happens: no page of ours ever stands there."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return a handler that shows errors elsewhere."""
        handle = super().get_route_handler()

        async def clean(request: Request) -> Response:
            try:
                return await handle(request)
            except ClientDisconnect:
                raise
            except Exception as error:
                problem = problem_of(error)
                outcome = Outcome(type=problem.type, title=problem.title, status=problem.status, detail=problem.detail)
                return tell(services_of(request), outcome)

        return clean


router = APIRouter(include_in_schema=False)


async def finish(request: Request, provider: str, session: MaybeSession, services: Shared) -> Response:
    """Store the connection, if this is the browser that began it; all of that is settled before the code is used."""
    client = client_of(services, provider)
    state, code, error = (_only(request, name) or "" for name in ("state", "code", "error"))
    iss, words = _only(request, "iss"), _only(request, "error_description")
    begun = await _take(request, services, session, provider, state)
    # What was allowed when it began may not be any more.
    hold(request.state.scopes, ("operate" if begun["connection"] else "admin",))
    client.check_issuer(iss, code=not error)
    if error:
        response = tell(services, _declined(provider, begun["handle"], error, words))
    elif not code or len(code) > _LONGEST_CODE:
        raise ProviderRefused(f"{client.provider.title} sent no code. Nothing was stored. Start the connection again.")
    else:
        account, tokens = await client.exchange(services.provider_http, code, Attempt.of(state, services.signer))
        saved = await keep_authorization(services, client, begun, account, tokens)
        response = RedirectResponse(f"/connections?{urlencode({'connected': saved.handle})}", 303)
        forget(services, response)
    response.delete_cookie(
        attempt_cookie(services.settings, state), path="/", secure=services.settings.secure, httponly=True,
        samesite="lax",
    )  # fmt: skip
    return response


router.add_api_route(
    "/oauth/callback/{provider}",
    finish,
    route_class_override=CleanRoute,
    dependencies=[public("The state names the browser.")],
    summary="Come back from the provider",
)


@router.get(
    "/oauth/outcome",
    dependencies=[public("It shows a browser what it brought itself.")],
    summary="Show why there is no connection",
)
async def outcome(request: Request, _session: MaybeSession, services: Shared) -> Response:
    """Show what became of the way back, in the browser that came."""
    told = read_outcome(services, request)
    if told is None:
        return RedirectResponse("/connections", 303)
    provider = services.registrations.provider(told.provider or "")
    if provider is not None:
        return render(
            "connection_declined.html", request.scope, provider=provider, handle=told.handle, error=told.error,
            words=told.words,
        )  # fmt: skip
    return show(request.scope, told.problem())


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
    browser = (
        browser_of(session, request.cookies.get(attempt_cookie(services.settings, state), "")) if session else None
    )
    vault = await services.vault()
    try:
        attempt = await vault.one_time.take(PURPOSE, state, browser=browser)
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


def _only(request: Request, name: str) -> str | None:
    """Return a parameter, which may be there once (RFC 6749, 3.1)."""
    values = request.query_params.getlist(name)
    if len(values) > 1:
        raise StateInvalid(f"The address has {name} more than once. Start the connection again. Nothing was stored.")
    return values[0] if values else None


def _declined(provider: str, handle: str, error: str, words: str | None) -> Outcome:
    told = None if error == "access_denied" else bounded(error)
    return Outcome(provider=provider, handle=handle, error=told, words=bounded(words) if told and words else None)
