"""An OpenID server that is not good, or changes: its keys, what it says of itself, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from joserfc import jwt
from starlette.responses import JSONResponse, Response

from tests.access.bad_provider import ISSUER, OURS, ROTATED, BadProvider, app, attempt, provider, signed
from vault import VaultUnavailable

__all__ = ["app", "provider"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
