from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.local.application import BASIC, CALLBACK, Application, refused
from tests.local.conftest import Clock

Json = dict[str, Any]


async def test_a_code_becomes_a_pair_of_tokens_that_works(application: Application) -> None:
    grant = await application.connect()
    assert grant["access_token"].startswith("ntn_")
    assert grant["refresh_token"].startswith("nrt_")
    assert grant["workspace_name"] == "Corner Shop"
    me = (await application.get("/v1/users/me", grant["access_token"])).json()
    assert me["id"] == grant["bot_id"]
    assert me["bot"]["owner"]["user"]["id"] == grant["owner"]["user"]["id"]


async def test_a_code_works_once(application: Application) -> None:
    code = await application.allow()
    assert (await application.exchange(code)).status_code == 200
    await refused(await application.exchange(code), "invalid_grant")


async def test_a_code_works_for_ten_minutes(application: Application, clock: Clock) -> None:
    first, second = await application.allow(), await application.allow()
    clock.now += timedelta(minutes=10)
    assert (await application.exchange(first)).status_code == 200
    clock.now += timedelta(seconds=1)
    await refused(await application.exchange(second), "invalid_grant")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"grant_type": "authorization_code", "redirect_uri": CALLBACK}, "invalid_request"),
        ({"grant_type": "authorization_code", "code": "made-up", "redirect_uri": CALLBACK}, "invalid_grant"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up"}, "invalid_grant"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "password", "username": "ada"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "made-up", "scope": "all"}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
async def test_a_wrong_token_request_is_refused(application: Application, body: Json, error: str) -> None:
    await refused(await application.token(body), error)


@pytest.mark.parametrize("redirect_uri", ["http://elsewhere.test/callback", None])
async def test_another_redirect_uri_is_refused(application: Application, redirect_uri: str | None) -> None:
    body = {"grant_type": "authorization_code", "code": await application.allow()}
    await refused(
        await application.token({**body, **({"redirect_uri": redirect_uri} if redirect_uri else {})}), "invalid_grant"
    )


@pytest.mark.parametrize("path", ["token", "introspect", "revoke"])
@pytest.mark.parametrize("authorization", [None, "Basic bm90OnJpZ2h0", "Basic ???", "Bearer ntn_1"])
async def test_the_application_has_to_authenticate(
    application: Application, path: str, authorization: str | None
) -> None:
    headers = {"Authorization": authorization} if authorization else {}
    response = await application.http.post(f"/v1/oauth/{path}", json={"token": "1"}, headers=headers)
    assert response.status_code == 401
    assert set(response.json()) == {"error", "request_id"}
    assert response.json()["error"] == "invalid_client"
    assert response.headers["www-authenticate"] == 'Basic realm="OAuth"'
    assert response.headers["x-notion-request-id"] == response.json()["request_id"]


async def test_the_body_has_to_be_json(application: Application) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "1"}
    await refused(await application.http.post("/v1/oauth/token", data=form, auth=BASIC), "invalid_request")
    headers = {"Content-Type": "application/json"}
    broken = await application.http.post("/v1/oauth/token", content="{", auth=BASIC, headers=headers)
    await refused(broken, "invalid_request")
