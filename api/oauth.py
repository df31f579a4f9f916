"""The two ends of an OAuth authorization: the address that the browser is sent to, and the exchange of its code."""

from __future__ import annotations

import base64
import hashlib
import logging
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from api.accounts import read_account
from api.oauth_problems import IssuerForeign, ProviderNotConfigured, ProviderRefused, ProviderUnreachable
from api.provider_calls import AGAIN, call
from settings import Settings
from vault.connection import Account, Tokens
from vault.lifetimes import refresh_due
from vault.providers import Provider
from vault.registrations import Registration, Registrations, where_registered
from vault.secret import Secret
from vault.signing import Signer
from vault.times import utc_now

logger = logging.getLogger("api")

_LONGEST_TOKEN = 16_384
_CODE = re.compile(r"[a-z_]{1,40}")


@dataclass(frozen=True)
class Attempt:
    """What one authorization proves itself by; it is made anew of the state, and stored nowhere."""

    state: str
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)

    @classmethod
    def of(cls, state: str, signer: Signer) -> Attempt:
        """Return what belongs to a state: nobody without the signing key can tell the verifier from it."""
        return cls(state, signer.sign("oauth-pkce", state), signer.sign("oauth-nonce", state))

    @property
    def challenge(self) -> str:
        """The verifier as the browser may see it (RFC 7636, S256)."""
        hashed = hashlib.sha256(self.verifier.encode("ascii")).digest()
        return base64.urlsafe_b64encode(hashed).rstrip(b"=").decode("ascii")


@dataclass(frozen=True)
class OAuthClient:
    """This deployment's registration at a provider, and where its browsers come back."""

    registration: Registration
    redirect_uri: str

    @property
    def provider(self) -> Provider:
        """The provider."""
        return self.registration.provider

    def authorize_url(self, attempt: Attempt) -> str:
        """Return where the browser gives its consent."""
        provider = self.provider
        query = {
            **provider.authorize_params,
            "response_type": "code",
            "client_id": self.registration.client_id,
            "redirect_uri": self.redirect_uri,
            "state": attempt.state,
        }
        if provider.scopes:
            query["scope"] = " ".join(provider.scopes)
        if provider.pkce:
            query |= {"code_challenge": attempt.challenge, "code_challenge_method": "S256"}
        if provider.account.source == "id_token":
            query["nonce"] = attempt.nonce
        return f"{provider.authorize_url}?{urlencode(query)}"

    def check_issuer(self, iss: str | None, *, code: bool) -> None:
        """Refuse what another server answered (RFC 9207), before its code is used.

        What brings no code may lack `iss`, for some servers name themselves with a code alone.

        Raises:
            IssuerForeign: `iss` is another one's, or is missing where the provider always sends it.
        """
        provider = self.provider
        if iss is None and not (code and provider.iss_required):
            return
        if provider.issuer is not None and iss != provider.issuer:
            raise IssuerForeign(
                f"The answer does not come from {provider.title}. Nothing was sent there, and nothing was stored."
            )

    async def exchange(self, http: httpx.AsyncClient, code: str, attempt: Attempt) -> tuple[Account, Tokens]:
        """Return what the code stands for; the code is used up.

        Raises:
            ProviderRefused: the provider answered with an error.
            ProviderUnreachable: there was no answer, or none that can be read.
        """
        title = self.provider.title
        fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect_uri}
        if self.provider.pkce:
            fields["code_verifier"] = attempt.verifier
        asked = utc_now()
        status, answer = await call(http, title, self.registration.request(self.provider.token_url, fields))
        if status != 200:
            raise _refused(self.provider, status, answer)
        tokens = self._tokens(answer, asked)
        return await read_account(http, self.registration, answer, tokens.access, attempt.nonce), tokens

    def _tokens(self, answer: dict[str, Any], asked: datetime) -> Tokens:
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        kind = answer.get("token_type", "bearer")
        if not _is_token(access) or not (refresh is None or _is_token(refresh)):
            raise ProviderUnreachable(f"{self.provider.title}'s answer lacks a token. {AGAIN}")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise ProviderUnreachable(f"{self.provider.title}'s token is of a kind that no header carries. {AGAIN}")
        due = refresh_due(self.provider, answer.get("expires_in"), asked)
        return Tokens(Secret(str(access)), Secret(str(refresh)) if refresh is not None else None, due)


def oauth_client(settings: Settings, registrations: Registrations, name: str) -> OAuthClient | None:
    """Return the registration at the provider of this name, or None when there is no such provider.

    Raises:
        ProviderNotConfigured: its client id or secret is not set.
    """
    if registrations.provider(name) is None:
        return None
    registration = registrations.get(name)
    if registration is None:
        raise ProviderNotConfigured(
            "Create a public connection in Notion's developer settings with the redirect URI "
            f"{redirect_uri(settings, name)}, set {where_registered(name)}, and start the API again."
        )
    return OAuthClient(registration, redirect_uri(settings, name))


def redirect_uri(settings: Settings, name: str) -> str:
    """Return where the provider sends the browser back to: from the settings, whatever the request's Host says."""
    return f"{settings.public_url}/oauth/callback/{name}"


def _refused(provider: Provider, status: int, answer: dict[str, Any]) -> ProviderRefused:
    # RFC 6749's members, or those of Notion's own errors. Nothing else of the answer, which may repeat what was sent.
    told = answer.get("error") or answer.get("code")
    code = told if isinstance(told, str) and _CODE.fullmatch(told) else f"status {status}"
    logger.warning("The token end point of %s refused a code: %s", provider.title, code)
    return ProviderRefused(
        f"{provider.title} refused the connection ({code}). {_advice(provider, code)}", provider_code=code
    )


def _advice(provider: Provider, code: str) -> str:
    if code in ("invalid_client", "unauthorized_client"):
        return f"Check {where_registered(provider.name)}."
    if code == "invalid_grant":
        return (
            "The code was used or too old, or the redirect URI is not the registered one. Start the connection again."
        )
    return AGAIN


def _is_token(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_TOKEN and value.isascii() and value.isprintable()
