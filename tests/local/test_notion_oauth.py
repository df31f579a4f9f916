from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from local.notion import HOME_PAGE_ID, ORDERS_DATABASE_ID, Workspace, create_app
from tests.local.notion_schema.check import RecordingTransport

Json = dict[str, Any]

CALLBACK = "http://app.test/callback"
ASKED = {
    "client_id": "local-client",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "owner": "user",
    "state": "s-1",
}
BASIC = httpx.BasicAuth("local-client", "local-secret")


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Application:
    """Be the application that asks for access."""

    def __init__(self, workspace: Workspace) -> None:
        transport = RecordingTransport(httpx.ASGITransport(app=create_app(workspace)))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://notion.test")

    async def allow(self, share: list[str] | None = None, **fields: str) -> str:
        location = await self.decide("allow", share=share, **fields)
        return location["code"][0]

    async def decide(self, action: str, share: list[str] | None = None, **fields: str) -> dict[str, list[str]]:
        chosen = [HOME_PAGE_ID, ORDERS_DATABASE_ID] if share is None else share
        response = await self.http.post(
            "/v1/oauth/authorize", data={**ASKED, "action": action, "share": chosen, **fields}
        )
        assert response.status_code == 303, response.text
        location = response.headers["location"]
        assert location.startswith(CALLBACK + "?")
        return parse_qs(urlsplit(location).query)

    async def token(self, body: Json, auth: httpx.Auth = BASIC) -> httpx.Response:
        return await self.http.post("/v1/oauth/token", json=body, auth=auth)

    async def exchange(self, code: str, redirect_uri: str = CALLBACK) -> httpx.Response:
        return await self.token({"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri})

    async def connect(self, **fields: str) -> Json:
        return (await self.exchange(await self.allow(None, **fields))).json()

    async def refresh(self, token: str) -> httpx.Response:
        return await self.token({"grant_type": "refresh_token", "refresh_token": token})

    async def get(self, path: str, token: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}", "Notion-Version": "2026-03-11"}
        return await self.http.get(path, headers=headers)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def application(clock: Clock) -> AsyncIterator[Application]:
    application = Application(Workspace(redirect_uris=(CALLBACK,), clock=clock))
    async with application.http:
        yield application


async def test_the_consent_page_names_the_workspace_and_what_can_be_shared(application: Application) -> None:
    page = await application.http.get("/v1/oauth/authorize", params=ASKED)
    assert page.status_code == 200
    assert "Corner Shop" in page.text
    for id in (HOME_PAGE_ID, ORDERS_DATABASE_ID):
        assert re.search(rf'type="checkbox" name="share" value="{id}" checked', page.text)
    assert ">Allow</button>" in page.text
    assert ">Cancel</button>" in page.text


async def test_the_consent_page_escapes_what_it_repeats(application: Application) -> None:
    page = await application.http.get("/v1/oauth/authorize", params={**ASKED, "state": '"><script>'})
    assert "<script>" not in page.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client_id", None),
        ("client_id", "another"),
        ("redirect_uri", None),
        ("redirect_uri", "http://elsewhere.test/callback"),
        ("redirect_uri", CALLBACK + "/more"),
        ("redirect_uri", "javascript:alert(1)"),
        ("redirect_uri", "http://[broken"),
        ("response_type", "token"),
        ("response_type", None),
        ("owner", "workspace"),
        ("owner", None),
    ],
)
async def test_a_wrong_request_for_consent_shows_an_error_and_leads_nowhere(
    application: Application, name: str, value: str | None
) -> None:
    asked = {key: each for key, each in {**ASKED, name: value}.items() if each is not None}
    shown = await application.http.get("/v1/oauth/authorize", params=asked)
    sent = await application.http.post("/v1/oauth/authorize", data={**asked, "action": "allow"})
    for response in (shown, sent):
        assert response.status_code == 400
        assert response.headers["content-type"].startswith("text/html")
        assert "location" not in response.headers


async def test_allowing_brings_a_code_and_the_state(application: Application) -> None:
    answer = await application.decide("allow")
    assert set(answer) == {"code", "state"}
    assert answer["state"] == ["s-1"]


async def test_cancelling_brings_access_denied_and_the_state(application: Application) -> None:
    assert await application.decide("cancel") == {"error": ["access_denied"], "state": ["s-1"]}


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


async def test_a_refresh_rotates_both_tokens_and_ends_the_older_ones(application: Application) -> None:
    grant = await application.connect()
    fresh = (await application.refresh(grant["refresh_token"])).json()
    assert fresh["bot_id"] == grant["bot_id"]
    assert fresh["access_token"] != grant["access_token"]
    assert fresh["refresh_token"] != grant["refresh_token"]
    assert (await application.get("/v1/users/me", grant["access_token"])).status_code == 401
    assert (await application.get("/v1/users/me", fresh["access_token"])).status_code == 200
    await refused(await application.refresh(grant["refresh_token"]), "invalid_grant")
    assert (await application.refresh(fresh["refresh_token"])).status_code == 200


async def test_a_replayed_refresh_token_can_end_the_grant() -> None:
    application = Application(Workspace(replay_revokes=True))
    grant = await application.connect()
    fresh = (await application.refresh(grant["refresh_token"])).json()
    await refused(await application.refresh(grant["refresh_token"]), "invalid_grant")
    assert (await application.get("/v1/users/me", fresh["access_token"])).status_code == 401
    await refused(await application.refresh(fresh["refresh_token"]), "invalid_grant")


async def test_connecting_again_mints_a_fresh_pair_for_the_same_bot(application: Application) -> None:
    first, second = await application.connect(), await application.connect()
    assert first["bot_id"] == second["bot_id"]
    assert first["access_token"] != second["access_token"]
    await refused(await application.refresh(first["refresh_token"]), "invalid_grant")
    assert (await application.refresh(second["refresh_token"])).status_code == 200


async def test_another_person_has_another_bot_in_the_same_workspace(application: Application) -> None:
    ada, grace = await application.connect(), await application.connect(user="Grace")
    assert ada["workspace_id"] == grace["workspace_id"]
    assert ada["bot_id"] != grace["bot_id"]
    assert grace["owner"]["user"]["name"] == "Grace"


async def test_another_workspace_sees_its_own_content_only(application: Application) -> None:
    other = await application.connect(user="Grace", workspace="Second")
    assert other["workspace_name"] == "Second"
    assert (await application.get(f"/v1/pages/{HOME_PAGE_ID}", other["access_token"])).status_code == 404
    assert len((await application.get("/v1/users", other["access_token"])).json()["results"]) == 2


async def test_only_what_was_ticked_is_shared(application: Application) -> None:
    code = await application.allow(share=[HOME_PAGE_ID])
    token = (await application.exchange(code)).json()["access_token"]
    assert (await application.get(f"/v1/pages/{HOME_PAGE_ID}", token)).status_code == 200
    assert (await application.get(f"/v1/databases/{ORDERS_DATABASE_ID}", token)).status_code == 404


async def test_nothing_changes_before_the_code_is_exchanged(application: Application) -> None:
    grant = await application.connect()
    code = await application.allow(share=[])
    assert (await application.get(f"/v1/pages/{HOME_PAGE_ID}", grant["access_token"])).status_code == 200
    await application.exchange(code)
    # There is one page set for each person and workspace: unticking takes away what the first grant had.
    assert (await application.get(f"/v1/pages/{HOME_PAGE_ID}", grant["access_token"])).status_code == 404


async def test_introspection_and_revocation(application: Application) -> None:
    grant = await application.connect()

    async def active() -> bool:
        response = await application.http.post(
            "/v1/oauth/introspect", json={"token": grant["access_token"]}, auth=BASIC
        )
        return response.json()["active"]

    assert await active()
    response = await application.http.post("/v1/oauth/revoke", json={"token": grant["access_token"]}, auth=BASIC)
    assert response.status_code == 200
    assert not await active()
    assert (await application.get("/v1/users/me", grant["access_token"])).status_code == 401
    await refused(await application.refresh(grant["refresh_token"]), "invalid_grant")


async def test_a_canary_in_the_prefix_marks_both_tokens() -> None:
    grant = await Application(Workspace(token_prefix="ntn_canary_")).connect()
    assert grant["access_token"].startswith("ntn_canary_")
    assert grant["refresh_token"].startswith("nrt_canary_")


async def test_expired_access_tokens_can_be_refreshed(application: Application) -> None:
    grant = await application.connect()
    assert (await application.http.post("/_local/expire")).json() == {"count": 1}
    assert (await application.get("/v1/users/me", grant["access_token"])).status_code == 401
    assert (await application.refresh(grant["refresh_token"])).status_code == 200


async def test_revoked_grants_cannot(application: Application) -> None:
    grant = await application.connect()
    assert (await application.http.post("/_local/revoke")).json() == {"count": 1}
    assert (await application.get("/v1/users/me", grant["access_token"])).status_code == 401
    await refused(await application.refresh(grant["refresh_token"]), "invalid_grant")


async def refused(response: httpx.Response, error: str) -> None:
    assert response.status_code == 400, response.text
    assert response.json()["error"] == error
