"""Id tokens that are not good, from a server that serves only those: none signs anybody in."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc import jws, jwt
from joserfc.jwk import OctKey

from tests.access.bad_provider import (
    CLIENT,
    CURVE,
    ISSUER,
    OURS,
    STRANGE,
    BadProvider,
    Claims,
    app,
    attempt,
    changed,
    provider,
    signed,
)
from vault import Vault

__all__ = ["app", "provider"]

pytestmark = pytest.mark.asyncio(loop_scope="session")

WEAK_PUBLIC = {"kty": "RSA", "kid": "weak", "n": "AQAB" * 20, "e": "AQAB"}


def unsigned(claims: Claims, alg: str = "none", signature: str = "") -> str:
    parts = [json.dumps(part).encode() for part in ({"alg": alg, "kid": "one"}, claims)]
    return ".".join([*(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts), signature])


def by_the_public_key(claims: Claims) -> str:
    """The oldest trick: HMAC with the public key, which everybody has, as the secret."""
    body = unsigned(claims, "HS256").removesuffix(".")
    mac = hmac.digest(OURS.as_pem(private=False), body.encode(), "sha256")
    return f"{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def by_the_client_secret(claims: Claims) -> str:
    secret = OctKey.import_key("a client secret of thirty-two bytes")
    return jws.serialize_compact({"alg": "HS256"}, json.dumps(claims), secret, algorithms=["HS256"])


def with_its_own_key(claims: Claims) -> str:
    return signed(claims, STRANGE, jwk=STRANGE.as_dict(private=False), kid="one")


def swapped_payload(claims: Claims) -> str:
    head, _, signature = signed(claims).split(".")
    payload = (
        base64.urlsafe_b64encode(json.dumps(claims | {"email": "root@example.com"}).encode()).rstrip(b"=").decode()
    )
    return f"{head}.{payload}.{signature}"


NOW = time.time()
BAD: dict[str, Callable[[Claims], Any]] = {
    "no algorithm": unsigned,
    "no algorithm, in capitals": lambda claims: unsigned(claims, "NONE"),
    "no signature": lambda claims: unsigned(claims, "RS256"),
    "a signature of nothing": lambda claims: unsigned(claims, "RS256", "AAAA"),
    "HMAC by the public key": by_the_public_key,
    "HMAC by the client secret": by_the_client_secret,
    "a key in its own header": with_its_own_key,
    "an unknown key": lambda claims: signed(claims, STRANGE),
    "another key under the name of ours": lambda claims: signed(claims, STRANGE, kid="one"),
    "another payload": swapped_payload,
    "another audience": changed(aud="someone-else"),
    "no audience": changed(aud=...),
    "several audiences and none meant": changed(aud=[CLIENT, "someone-else"]),
    "several audiences and another one meant": changed(aud=[CLIENT, "someone-else"], azp="someone-else"),
    "issued to another": changed(azp="someone-else"),
    "expired": changed(exp=NOW - 120),
    "no end": changed(exp=...),
    "an end that is no number": changed(exp="tomorrow"),
    "an end that is a truth": changed(exp=True),
    "made long ago": changed(iat=NOW - 3600),
    "made in the future": changed(iat=NOW + 3600),
    "no beginning": changed(iat=...),
    "not good yet": changed(nbf=NOW + 3600),
    "another nonce": changed(nonce="A" * 43),
    "no nonce": changed(nonce=...),
    "a nonce that is no text": changed(nonce=["A"]),
    "another issuer": changed(iss="https://evil.test"),
    "the issuer with a slash": changed(iss=f"{ISSUER}/"),
    "no subject": changed(sub=...),
    "an empty subject": changed(sub=""),
    "a subject that is a number": changed(sub=1),
    "no token": lambda _: None,
    "a token that is no text": lambda claims: claims,
    "a token of one part": lambda _: "abc",
    "a token of five parts": lambda _: "a.b.c.d.e",
    "a token of strange letters": lambda _: "ä.ö.ü",
    "a token that is too long": lambda claims: signed(claims | {"x": "y" * 40_000}),
}


async def test_a_good_token_signs_in(app: FastAPI, provider: BadProvider) -> None:
    assert await attempt(app, provider) == "/sessions"
    assert len([one for one in provider.asked if "code_verifier=" in one]) == 1


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_token_signs_nobody_in(app: FastAPI, provider: BadProvider, vault: Vault, case: str) -> None:
    provider.token = BAD[case]
    assert await attempt(app, provider) == "/signin?problem=openid-token-invalid"
    assert await vault.sessions.list() == []


OTHER_GOOD: list[tuple[Callable[[Claims], str], list[Any]]] = [
    (lambda claims: signed(claims, CURVE, alg="ES256"), [CURVE.as_dict(private=False)]),
    (lambda claims: signed(claims, alg="PS256"), [OURS.as_dict(private=False)]),
    (lambda claims: jwt.encode({"alg": "RS256"}, claims, OURS), [OURS.as_dict(private=False)]),
    (changed(aud=[CLIENT, "other"], azp=CLIENT), [OURS.as_dict(private=False)]),
    (changed(exp=NOW + 3600, iat=NOW - 30), [None, {"kty": "oct", "k": "AAAA"}, OURS.as_dict(private=False)]),
    (changed(email=..., groups=["ops"]), [OURS.as_dict(private=False)]),
    (changed(email_verified=False, sub="7"), [WEAK_PUBLIC, OURS.as_dict(private=False)]),
]


@pytest.mark.parametrize(("make", "keys"), OTHER_GOOD)
async def test_other_good_tokens_sign_in(
    app: FastAPI, provider: BadProvider, make: Callable[[Claims], str], keys: list[Any]
) -> None:
    provider.token, provider.keys = make, keys
    assert await attempt(app, provider) == "/sessions"


@pytest.mark.parametrize(
    "make",
    [
        changed(email_verified=False),
        changed(email_verified="true"),
        changed(email_verified=1),
        changed(email_verified=...),
        changed(email="ada@example.com\n"),
        changed(email="eve@example.com"),
        changed(email=..., sub="ada@example.com"),
        changed(email=..., groups="ops"),
        changed(email=..., groups=["group:ops", "OPS", 7, None]),
        changed(email="group:ops"),
    ],
)
async def test_only_what_the_provider_vouches_for_counts(
    app: FastAPI, provider: BadProvider, make: Callable[[Claims], str]
) -> None:
    provider.token = make
    assert await attempt(app, provider) == "/signin?problem=openid-not-allowed"
