"""Whose account an authorization is for, by the rule of its provider."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any, cast

import httpx

from api.oauth_problems import ProviderUnreachable
from api.provider_calls import AGAIN, call
from steps.parts import parse_object
from vault.connection import Account
from vault.providers import AccountRule, Provider
from vault.registrations import Registration
from vault.secret import Secret
from vault.times import utc_now

_LONGEST_ID = 255
_SKEW_SECONDS = 120


async def read_account(
    http: httpx.AsyncClient, registration: Registration, answer: dict[str, Any], access: Secret, nonce: str
) -> Account:
    """Return the account that the answer of the token end point is for.

    Raises:
        ProviderUnreachable: it is not to be learnt.
    """
    provider, rule = registration.provider, registration.provider.account
    match rule.source:
        case "token":
            told = answer
        case "id_token":
            told = _claims(registration, answer.get("id_token"), nonce)
        case "userinfo":
            told = await _ask(http, provider, rule, access)
    id = _at(told, rule.id)
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    if not isinstance(id, str) or not 0 < len(id) <= _LONGEST_ID:
        raise ProviderUnreachable(f"{provider.title}'s answer lacks an account. {AGAIN}")
    owner = _at(told, rule.owner)
    return Account(
        id=id,
        workspace_id=_text(_at(told, rule.workspace_id)),
        workspace_name=_text(_at(told, rule.label)),
        workspace_icon=_text(_at(told, rule.icon), 2000),
        owner=cast("dict[str, Any]", owner) if isinstance(owner, dict) else None,
    )


async def _ask(http: httpx.AsyncClient, provider: Provider, rule: AccountRule, access: Secret) -> dict[str, Any]:
    headers = {
        "Authorization": f"Bearer {access.reveal()}",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
    }
    request = httpx.Request("GET", rule.url or "", headers=headers)
    status, told = await call(http, provider.title, request)
    if status != 200:
        raise ProviderUnreachable(f"{provider.title} does not tell whose account it is ({status}). {AGAIN}")
    return told


def _claims(registration: Registration, text: Any, nonce: str) -> dict[str, Any]:
    """Return the claims of an id token that comes from the token end point itself.

    TLS names the sender, so that no signature is needed (OpenID Connect Core, 3.1.3.7); the rest is checked.
    """
    provider = registration.provider
    parts = text.split(".") if isinstance(text, str) else []
    claims: dict[str, Any] = {}
    if len(parts) == 3:
        try:
            claims = parse_object(base64.b64decode(parts[1] + "=" * (-len(parts[1]) % 4), altchars=b"-_")) or {}
        except (binascii.Error, ValueError):
            claims = {}
    audience, expires = claims.get("aud"), claims.get("exp")
    audiences = cast("list[Any]", audience) if isinstance(audience, list) else [audience]
    for_us = registration.client_id in audiences and claims.get("azp", registration.client_id) == registration.client_id
    if len(audiences) > 1:
        for_us = for_us and "azp" in claims
    # Of this very attempt: an id token that came with another code has another nonce.
    fresh = hmac.compare_digest(str(claims.get("nonce", "")).encode("utf-8", "surrogatepass"), nonce.encode("ascii"))
    lives = isinstance(expires, int | float) and expires + _SKEW_SECONDS > utc_now().timestamp()
    if not (claims.get("iss") == provider.issuer and for_us and fresh and lives):
        raise ProviderUnreachable(f"{provider.title}'s id token is not for this connection. {AGAIN}")
    return claims


def _at(told: Any, path: str | None) -> Any:
    if path is None:
        return None
    for name in path.split("."):
        told = cast("dict[str, Any]", told).get(name) if isinstance(told, dict) else None
    return told


def _text(value: object, longest: int = 500) -> str | None:
    return value[:longest] if isinstance(value, str) else None
