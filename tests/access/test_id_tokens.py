"""Id tokens that are not good, from a server that serves only those: none signs anybody in."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.app import create_app
from settings import Settings
from tests.api.browsing import browser
from vault import Vault, VaultUnavailable

pytestmark = pytest.mark.asyncio(loop_scope="session")

ISSUER = "https://id.test"
CLIENT = "durable-steps"
OURS, ROTATED, STRANGE = [RSAKey.generate_key(2048, {"kid": kid}, auto_kid=False) for kid in ("one", "two", "strange")]
CURVE = ECKey.generate_key("P-256", {"kid": "curve"})
WEAK_PUBLIC = {"kty": "RSA", "kid": "weak", "n": "AQAB" * 20, "e": "AQAB"}

Claims = dict[str, Any]


@dataclass
class BadProvider:
    """Serve whatever a test wants to be served."""

    keys: list[Any] = field(default_factory=lambda: [OURS.as_dict(private=False)])
    discovery: dict[str, Any] = field(default_factory=dict[str, Any])
    token: Callable[[Claims], Any] = field(default=lambda claims: signed(claims))
    answer: Callable[[], Response] | None = None
    nonce: str = ""
    asked: list[str] = field(default_factory=list[str])

    def app(self) -> Starlette:
        async def describe(_request: Request) -> Response:
            base = {
                "issuer": ISSUER,
                "authorization_endpoint": f"{ISSUER}/authorize?tenant=1",
                "token_endpoint": f"{ISSUER}/token",
                "jwks_uri": f"{ISSUER}/keys",
            }
            return JSONResponse(base | self.discovery)

        async def show_keys(_request: Request) -> Response:
            self.asked.append("keys")
            return JSONResponse({"keys": self.keys})

        async def exchange(request: Request) -> Response:
            self.asked.append((await request.body()).decode())
            return self.answer() if self.answer else JSONResponse({"id_token": self.token(good(self.nonce))})

        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", describe),
                Route("/keys", show_keys),
                Route("/token", exchange, methods=["POST"]),
            ]
        )


def good(nonce: str) -> Claims:
    now = int(time.time())
    person = {"sub": "1", "email": "ada@example.com", "email_verified": True}
    return {"iss": ISSUER, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": nonce, **person}


def signed(claims: Claims, key: Any = OURS, **header: Any) -> str:
    alg = header.get("alg", "RS256")
    return jwt.encode({"alg": alg, "kid": key.kid} | header, claims, key, algorithms=[alg])


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


def changed(**changes: Any) -> Callable[[Claims], str]:
    return lambda claims: signed({name: value for name, value in (claims | changes).items() if value is not ...})


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


@pytest.fixture
def provider() -> BadProvider:
    return BadProvider()


@pytest_asyncio.fixture(loop_scope="session")
async def app(vault: Vault, settings: Settings, provider: BadProvider) -> AsyncIterator[FastAPI]:
    given = {
        "oidc_issuer": ISSUER,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SecretStr("a client secret of thirty-two bytes"),
        "oidc_access": ("ada@example.com=admin", "group:ops=operate", "sub:7=read"),
    }
    async with httpx.AsyncClient(transport=httpx.ASGITransport(provider.app())) as http:
        yield create_app(settings.model_copy(update=given), vault=vault, provider_http=http)


async def attempt(app: FastAPI, provider: BadProvider, **more: str) -> str:
    """Begin and come back; return where the browser ends."""
    async with browser(app) as visitor:
        began = (await visitor.post("/signin/openid", data={"next": "/sessions"})).headers["location"]
        if began.startswith("/"):
            return began
        query = {name: values[0] for name, values in parse_qs(urlsplit(began).query).items()}
        assert query["tenant"] == "1"
        provider.nonce = query["nonce"]
        back = {"state": query["state"], "code": "code-1"} | more
        ended = (await visitor.get("/oauth/signin/callback", params=back)).headers["location"]
        assert ((await visitor.get("/sessions")).status_code == 200) is (ended == "/sessions")
        return ended


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


async def test_keys_that_rotate_are_read_again_once(app: FastAPI, provider: BadProvider) -> None:
    assert await attempt(app, provider) == "/sessions"
    assert await attempt(app, provider) == "/sessions"
    assert provider.asked.count("keys") == 1
    provider.keys, provider.token = [ROTATED.as_dict(private=False)], lambda claims: signed(claims, ROTATED)
    assert await attempt(app, provider) == "/sessions"
    assert provider.asked.count("keys") == 2
    provider.token = signed  # by the key that is withdrawn
    assert await attempt(app, provider) == "/signin?problem=openid-token-invalid"
    assert provider.asked.count("keys") == 3


async def test_a_key_without_a_name_is_used_only_if_there_is_one(app: FastAPI, provider: BadProvider) -> None:
    provider.keys = [key.as_dict(private=False) for key in (OURS, ROTATED)]
    provider.token = lambda claims: jwt.encode({"alg": "RS256"}, claims, OURS)
    assert await attempt(app, provider) == "/signin?problem=openid-token-invalid"


@pytest.mark.parametrize("changes", [{"use": "enc"}, {"alg": "RS512"}, {"kty": "EC"}])
async def test_a_key_that_is_for_something_else_is_not_used(
    app: FastAPI, provider: BadProvider, changes: dict[str, str]
) -> None:
    provider.keys = [OURS.as_dict(private=False) | changes]
    assert await attempt(app, provider) == "/signin?problem=openid-token-invalid"


@pytest.mark.parametrize(
    "discovery",
    [
        {"issuer": "https://evil.test"},
        {"issuer": None},
        {"token_endpoint": "http://id.test/token"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://u:p@id.test/keys"},
        {"token_endpoint": ["https://id.test/token"]},
    ],
)
async def test_a_provider_that_says_strange_things_of_itself_is_not_used(
    app: FastAPI, provider: BadProvider, discovery: dict[str, Any]
) -> None:
    provider.discovery = discovery
    assert await attempt(app, provider) == "/signin?problem=openid-unreachable"
    assert provider.asked == []


@pytest.mark.parametrize(("iss", "end"), [({"iss": ISSUER}, "/sessions"), ({}, None), ({"iss": f"{ISSUER}/"}, None)])
async def test_a_provider_that_says_who_it_is_must(
    app: FastAPI, provider: BadProvider, iss: dict[str, str], end: str | None
) -> None:
    provider.discovery = {"authorization_response_iss_parameter_supported": True}
    assert await attempt(app, provider, **iss) == (end or "/signin?problem=openid-token-invalid")
    assert ("keys" in provider.asked) is (end is not None), "refused before the code was used"


async def test_a_provider_that_wants_the_secret_in_the_form_gets_it_there(app: FastAPI, provider: BadProvider) -> None:
    provider.discovery = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    assert await attempt(app, provider) == "/sessions"
    assert "client_secret=" in provider.asked[0]


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (lambda: JSONResponse({"error": "invalid_grant"}, 400), "openid-token-invalid"),
        (lambda: Response(status_code=302, headers={"location": "https://evil.test/token"}), "openid-token-invalid"),
        (lambda: Response("<html>"), "openid-token-invalid"),
        (lambda: Response("x" * 300_000), "openid-unreachable"),
    ],
)
async def test_other_answers_sign_nobody_in(
    app: FastAPI, provider: BadProvider, answer: Callable[[], Response], problem: str
) -> None:
    provider.answer = answer
    assert await attempt(app, provider) == f"/signin?problem={problem}"


@pytest.mark.parametrize("broken", ["vault", "anything"])
async def test_whatever_fails_the_browser_ends_at_a_clean_address(
    app: FastAPI, provider: BadProvider, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise VaultUnavailable("The database is out") if broken == "vault" else RuntimeError("an accident")

    monkeypatch.setattr("api.oidc_signin.open_session", fail)
    assert await attempt(app, provider) == "/signin?problem=openid-failed"
