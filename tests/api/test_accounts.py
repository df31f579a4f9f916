"""Whose account an authorization is for: by the token's answer, an id token, or an address that tells."""

from __future__ import annotations

import base64
import dataclasses
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from api.accounts import read_account
from api.oauth_problems import ProviderUnreachable
from vault import Secret
from vault.providers import AccountRule, Provider
from vault.registrations import Registration

NONCE = "n" * 43
PROVIDER = Provider(
    "x", "X", "https://x.test/a", "https://x.test/t", None, ("api.x.test",),
    AccountRule("id_token", id="sub", label="profile.name"), issuer="https://x.test",
)  # fmt: skip
CLAIMS = {
    "iss": "https://x.test", "aud": "steps", "sub": "42", "nonce": NONCE, "exp": time.time() + 600,
    "profile": {"name": "Ada"},
}  # fmt: skip


class Parts(httpx.AsyncByteStream):
    """An answer as it comes over the wire."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content


def id_token(claims: Any) -> str:
    head, body = (base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode() for text in ("{}", json.dumps(claims)))
    return f"{head}.{body}.signature"


async def read(rule: AccountRule, answer: dict[str, Any], told: httpx.Response | None = None) -> Any:
    registration = Registration(dataclasses.replace(PROVIDER, account=rule), "steps", Secret("secret"))
    asked: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(500) if told is None else httpx.Response(told.status_code, stream=Parts(told.content))

    async with httpx.AsyncClient(transport=httpx.MockTransport(handle)) as http:
        account = await read_account(http, registration, answer, Secret("the token"), NONCE)
    if told is not None:
        assert asked[0].headers["authorization"] == "Bearer the token"
    return account


async def test_an_id_token_names_the_account() -> None:
    account = await read(PROVIDER.account, {"id_token": id_token(CLAIMS)})
    assert (account.id, account.workspace_name) == ("42", "Ada")
    several = CLAIMS | {"aud": ["steps", "other"], "azp": "steps"}
    assert (await read(PROVIDER.account, {"id_token": id_token(several)})).id == "42"


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.test"}, {"iss": None}, {"aud": "another client"}, {"aud": []}, {"aud": None},
        {"aud": ["steps", "other"]}, {"aud": ["steps"], "azp": "other"}, {"nonce": "m" * 43}, {"nonce": None},
        {"nonce": ""}, {"exp": time.time() - 600}, {"exp": None}, {"exp": "soon"}, {"sub": None}, {"sub": ""},
        {"sub": "x" * 256}, {"sub": True}, {"sub": ["42"]},
    ],
)  # fmt: skip
async def test_an_id_token_for_another_purpose_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderUnreachable):
        await read(PROVIDER.account, {"id_token": id_token(CLAIMS | changes)})


@pytest.mark.parametrize("text", [None, 7, "", "a.b", "a.b.c", "a.!!.c", id_token([1]), id_token("text")])
async def test_what_is_no_id_token_is_refused(text: Any) -> None:
    with pytest.raises(ProviderUnreachable):
        await read(PROVIDER.account, {"id_token": text})


async def test_the_answer_of_the_token_end_point_may_name_it_too() -> None:
    rule = AccountRule("token", id="data.team.id", label="data.team.title")
    account = await read(rule, {"access_token": "t", "data": {"team": {"id": 7, "title": "Shop"}}})
    assert (account.id, account.workspace_name, account.owner) == ("7", "Shop", None)
    with pytest.raises(ProviderUnreachable, match="lacks an account"):
        await read(rule, {"data": {"team": "none"}})


async def test_an_address_may_tell_it() -> None:
    rule = AccountRule("userinfo", id="sub", label="email", url="https://x.test/me")
    account = await read(rule, {}, httpx.Response(200, json={"sub": "42", "email": "ada@x.test"}))
    assert (account.id, account.workspace_name) == ("42", "ada@x.test")
    for told in (httpx.Response(401, json={"sub": "42"}), httpx.Response(302), httpx.Response(200, text="<html>")):
        with pytest.raises(ProviderUnreachable):
            await read(rule, {}, told)
