"""The OpenID provider that people sign in at: what it says of itself, its keys, and the exchange of a code."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx

from api.id_tokens import Expected, Key, KeyNotFound, read_keys, verify
from api.oidc_problems import OpenIdTokenInvalid, OpenIdUnreachable
from settings import Settings
from settings.signin import is_safe
from steps.parts import parse_object
from vault.sessions import Person

logger = logging.getLogger("api")

CALLBACK = "/oauth/signin/callback"
_KEPT_SECONDS = 600.0
_LONGEST_SECONDS = 15.0
_LARGEST_ANSWER = 262_144


@dataclass(frozen=True)
class EndPoints:
    """What the provider's discovery document says."""

    authorize: str
    token: str
    keys: str
    names_itself: bool
    """Whether it says who it is when it sends the browser back (RFC 9207)."""
    posts_secret: bool
    """Whether it wants the client secret in the form, and not in the header."""


@dataclass(frozen=True)
class Attempt:
    """What one attempt to sign in is bound to."""

    state: str
    verifier: str
    nonce: str


class OpenIdProvider:
    """Ask the provider; what it says of itself is kept for ten minutes."""

    def __init__(
        self, settings: Settings, http: Callable[[], httpx.AsyncClient], clock: Callable[[], float] = time.time
    ) -> None:
        self.issuer = settings.oidc_issuer or ""
        self._settings, self._http, self._clock = settings, http, clock
        self._client_id = settings.oidc_client_id or ""
        # From the settings, whatever the request's Host says.
        self._redirect_uri = f"{settings.public_url}{CALLBACK}"
        self._end_points: tuple[float, EndPoints] | None = None
        self._keys: tuple[float, list[Key]] | None = None

    async def authorize_url(self, attempt: Attempt, challenge: str) -> str:
        """Return where the browser signs in.

        Raises:
            OpenIdUnreachable: the provider does not say where.
        """
        address = (await self._discover()).authorize
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._settings.oidc_scopes,
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(query)}"

    async def check_issuer(self, told: str | None) -> None:
        """Refuse what another provider sent the browser back with (RFC 9207).

        Raises:
            OpenIdTokenInvalid: it is of another provider, or the provider's name is missing though it sends it.
        """
        missing = told is None and (await self._discover()).names_itself
        if missing or (told is not None and told != self.issuer):
            raise OpenIdTokenInvalid("The browser came back from another provider")

    async def person(self, code: str, attempt: Attempt) -> Person:
        """Return who has signed in; the code is used up.

        Raises:
            OpenIdUnreachable: there was no answer, or none that can be read.
            OpenIdTokenInvalid: the answer is not good.
        """
        token = await self._exchange(code, attempt.verifier)
        expected = Expected(self.issuer, self._client_id, attempt.nonce, self._clock())
        claim = self._settings.oidc_groups_claim
        try:
            return verify(token, await self._read_keys(), expected, claim)
        except KeyNotFound:
            pass  # It may have new keys; once, since each attempt comes with a code of the provider's.
        try:
            return verify(token, await self._read_keys(afresh=True), expected, claim)
        except KeyNotFound:
            raise OpenIdTokenInvalid("The id token is signed with a key that the provider does not show") from None

    async def _exchange(self, code: str, verifier: str) -> object:
        end_points = await self._discover()
        secret = self._settings.oidc_client_secret
        given = (self._client_id, secret.get_secret_value() if secret is not None else "")
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        auth = None
        if end_points.posts_secret:
            fields |= {"client_id": given[0], "client_secret": given[1]}
        else:
            auth = httpx.BasicAuth(quote_plus(given[0]), quote_plus(given[1]))  # encoded first: RFC 6749, 2.3.1
        status, answer = await self._ask("POST", end_points.token, data=fields, auth=auth)
        if status != 200:
            raise OpenIdTokenInvalid(f"The token end point answered with {status}")
        return answer.get("id_token")

    async def _discover(self) -> EndPoints:
        if self._end_points is not None and self._clock() - self._end_points[0] < _KEPT_SECONDS:
            return self._end_points[1]
        status, told = await self._ask("GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
        if status != 200 or told.get("issuer") != self.issuer:
            raise OpenIdUnreachable("Its discovery document is missing, or is of another issuer")
        found = EndPoints(
            *(_address(told, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")),
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
            posts_secret=_posts_secret(told.get("token_endpoint_auth_methods_supported")),
        )
        self._end_points = (self._clock(), found)
        return found

    async def _read_keys(self, *, afresh: bool = False) -> list[Key]:
        if not afresh and self._keys is not None and self._clock() - self._keys[0] < _KEPT_SECONDS:
            return self._keys[1]
        status, told = await self._ask("GET", (await self._discover()).keys)
        if status != 200:
            raise OpenIdUnreachable(f"Its keys were answered with {status}")
        self._keys = (self._clock(), read_keys(told))
        return self._keys[1]

    async def _ask(
        self, method: str, address: str, *, data: dict[str, str] | None = None, auth: httpx.Auth | None = None
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        request = self._http().build_request(method, address, data=data, headers=headers)
        try:
            async with asyncio.timeout(_LONGEST_SECONDS):
                response = await self._http().send(request, auth=auth, stream=True, follow_redirects=False)
                try:
                    return response.status_code, parse_object(await _read(response)) or {}
                finally:
                    await response.aclose()
        except (httpx.HTTPError, TimeoutError) as error:
            # Its type alone: the text of some of these holds what was sent.
            raise OpenIdUnreachable(f"No answer: {type(error).__name__}") from None


async def _read(response: httpx.Response) -> bytes:
    # As they come over the wire: a compressed answer could unfold to any size.
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise OpenIdUnreachable("Its answer is too large to be one")
    return body


def _address(told: dict[str, Any], name: str) -> str:
    value = told.get(name)
    if not isinstance(value, str) or not is_safe(value, query=True):
        raise OpenIdUnreachable(f"Its discovery document has no {name} that can be used")
    return value


def _posts_secret(methods: object) -> bool:
    listed = cast("list[Any]", methods) if isinstance(methods, list) else ["client_secret_basic"]
    return "client_secret_basic" not in listed and "client_secret_post" in listed
