"""An OpenID server that serves whatever a test wants, the tokens that it signs, and an application that trusts it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.app import create_app
from settings import Settings
from tests.api.browsing import browser
from vault import Vault

ISSUER = "https://id.test"
CLIENT = "durable-steps"
OURS, ROTATED, STRANGE = [RSAKey.generate_key(2048, {"kid": kid}, auto_kid=False) for kid in ("one", "two", "strange")]
CURVE = ECKey.generate_key("P-256", {"kid": "curve"})

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


def changed(**changes: Any) -> Callable[[Claims], str]:
    return lambda claims: signed({name: value for name, value in (claims | changes).items() if value is not ...})


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
