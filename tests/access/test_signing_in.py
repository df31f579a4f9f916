"""People who sign in at django-oauth-toolkit, by its own pages."""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import FastAPI

from api.oidc_problems import REFUSALS
from tests.access.conftest import Identity, MakeApp
from tests.api.browsing import PUBLIC_URL, browser
from vault import Vault

pytestmark = pytest.mark.asyncio(loop_scope="session")

ACCESS = "ADA@example.com=admin, group:ops=operate"


@pytest.fixture
def app(make_app: MakeApp, identity: Identity) -> FastAPI:
    return make_app(identity.issuer, identity.client_secret, ACCESS)


async def begin(visitor: httpx.AsyncClient, next: str = "/connections") -> str:
    answer = await visitor.post("/signin/openid", data={"next": next})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def come_back(visitor: httpx.AsyncClient, address: str) -> str:
    """Follow the server's redirect to us; return where we send the browser."""
    assert address.startswith(f"{PUBLIC_URL}/oauth/signin/callback?")
    answer = await visitor.get(address.removeprefix(PUBLIC_URL), headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 303
    return answer.headers["location"]


async def test_a_person_signs_in_and_may_what_the_settings_say(app: FastAPI, identity: Identity) -> None:
    seen: dict[str, list[str]] = {}
    for name in ("ada", "bob"):
        async with browser(app) as visitor:
            form = await visitor.get("/signin", params={"next": "/connections"})
            assert "Sign in with your account" in form.text
            assert f"form-action 'self' https: {identity.origin};" in form.headers["content-security-policy"]
            assert await come_back(visitor, await identity.sign_in(await begin(visitor), name)) == "/connections"
            assert (await visitor.get("/connections")).status_code == 200
            page = (await visitor.get("/sessions")).text
            seen[name] = [scope for scope in ("read", "operate", "admin") if f"{scope}</td>" in page]
            assert (await visitor.get("/api/v1/keys")).status_code == (200 if name == "ada" else 403)
            assert (await visitor.post("/signout")).status_code == 303
            assert (await visitor.get("/connections")).status_code == 303
    assert seen == {"ada": ["admin"], "bob": ["operate"]}


@pytest.mark.parametrize(
    ("name", "why"), [("mallory", "is named nowhere"), ("eve", "an unverified address"), ("trudy", "a text, not true")]
)
async def test_nobody_else_gets_in(
    app: FastAPI, identity: Identity, vault: Vault, caplog: pytest.LogCaptureFixture, name: str, why: str
) -> None:
    async with browser(app) as visitor:
        with caplog.at_level(logging.DEBUG):
            back = await identity.sign_in(await begin(visitor), name)
            assert await come_back(visitor, back) == "/signin?problem=openid-not-allowed"
        page = await visitor.get("/signin?problem=openid-not-allowed")
        assert "You may not use this service" in page.text
        assert (await visitor.get("/connections")).status_code == 303
    assert await vault.sessions.list() == []
    code = parse_qs(urlsplit(back).query)["code"][0]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("api")]
    assert any("openid-not-allowed" in line for line in ours)
    assert not [line for line in ours if code in line]


async def test_nobody_gets_in_by_default(make_app: MakeApp, identity: Identity) -> None:
    app = make_app(identity.issuer, identity.client_secret, "")
    async with browser(app) as visitor:
        back = await identity.sign_in(await begin(visitor), "ada")
        assert await come_back(visitor, back) == "/signin?problem=openid-not-allowed"


async def test_who_declines_is_told_so_at_a_clean_address(app: FastAPI, identity: Identity) -> None:
    async with browser(app) as visitor:
        back = await identity.sign_in(await begin(visitor), "ada", allow=False)
        assert "error=access_denied" in back
        assert await come_back(visitor, back) == "/signin?problem=openid-declined"


async def test_an_attempt_is_finished_once_and_by_the_browser_that_began_it(app: FastAPI, identity: Identity) -> None:
    async with browser(app) as mine, browser(app) as victim:
        back = await identity.sign_in(await begin(mine), "ada")
        await begin(victim)  # with an attempt of its own, and its cookie
        assert await come_back(victim, back) == "/signin?problem=openid-state-invalid"
        assert (await victim.get("/connections")).status_code == 303
        assert await come_back(mine, back) == "/connections"
        assert await come_back(mine, back) == "/signin?problem=openid-state-invalid"
        assert (await mine.get("/connections")).status_code == 200


async def test_of_many_at_once_one_finishes(app: FastAPI, identity: Identity) -> None:
    async with browser(app) as visitor:
        back = await identity.sign_in(await begin(visitor), "ada")
        ends = await asyncio.gather(*(come_back(visitor, back) for _ in range(10)))
    assert sorted(ends) == ["/connections"] + ["/signin?problem=openid-state-invalid"] * 9


async def test_a_stolen_code_is_worth_nothing_in_another_attempt(
    app: FastAPI, identity: Identity, caplog: pytest.LogCaptureFixture
) -> None:
    async with browser(app) as attacker, browser(app) as victim:
        stolen = parse_qs(urlsplit(await identity.sign_in(await begin(victim), "ada")).query)["code"][0]
        state = parse_qs(urlsplit(await begin(attacker)).query)["state"][0]
        injected = f"{PUBLIC_URL}/oauth/signin/callback?code={stolen}&state={state}"
        assert await come_back(attacker, injected) == "/signin?problem=openid-token-invalid"
    # The server itself has refused it, for the verifier is the attacker's; the nonce is a second lock.
    assert "The token end point answered with 400" in caplog.text


async def test_the_verifier_is_bound_to_the_state_and_never_leaves_in_an_address(
    app: FastAPI, identity: Identity
) -> None:
    async with browser(app) as visitor:
        query = parse_qs(urlsplit(await begin(visitor)).query)
    assert query["code_challenge_method"] == ["S256"]
    verifier = app.state.services.signer.sign("oidc", query["state"][0])
    assert verifier not in str(query)
    assert len({query[name][0] for name in ("state", "nonce", "code_challenge")}) == 3


@pytest.mark.parametrize("query", ["", "?state=", "?state=x&code=y", "?code=y", "?state=%00&code=y", "?error=x"])
async def test_an_answer_without_a_good_state_is_refused(app: FastAPI, query: str) -> None:
    async with browser(app) as visitor:
        await begin(visitor)
        answer = await visitor.get(f"/oauth/signin/callback{query}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/signin?problem=openid-state-invalid")


async def test_an_answer_of_another_issuer_is_refused(app: FastAPI, identity: Identity) -> None:
    async with browser(app) as visitor:
        back = await identity.sign_in(await begin(visitor), "ada")
        assert await come_back(visitor, f"{back}&iss=https://evil.test") == "/signin?problem=openid-token-invalid"


@pytest.mark.parametrize("next", ["//evil.test", "https://evil.test", "/signout", "/runs?x=1"])
async def test_the_way_back_is_one_of_our_pages(app: FastAPI, identity: Identity, next: str) -> None:
    async with browser(app) as visitor:
        assert await come_back(visitor, await identity.sign_in(await begin(visitor, next), "ada")) == "/"


async def test_who_is_no_longer_named_may_nothing_in_a_session_of_before(
    app: FastAPI, make_app: MakeApp, identity: Identity
) -> None:
    later = make_app(identity.issuer, identity.client_secret, "ada@example.com=read")
    never = make_app(identity.issuer, identity.client_secret, "")
    moved = make_app("http://127.0.0.1:9/o", identity.client_secret, ACCESS)
    async with browser(app) as visitor:
        await come_back(visitor, await identity.sign_in(await begin(visitor), "ada"))
        answers: list[list[int]] = []
        for other in (app, later, never, moved):
            async with browser(other) as same:
                same.cookies.update(visitor.cookies)
                answers.append([(await same.get(path)).status_code for path in ("/connections", "/connections/add")])
    assert answers == [[200, 200], [200, 403], [403, 403], [403, 403]]


async def test_a_wrong_client_secret_signs_nobody_in(make_app: MakeApp, identity: Identity) -> None:
    app = make_app(identity.issuer, "wrong", ACCESS)
    async with browser(app) as visitor:
        back = await identity.sign_in(await begin(visitor), "ada")
        assert await come_back(visitor, back) == "/signin?problem=openid-token-invalid"


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:9/o", "slash"])
async def test_an_issuer_that_is_not_exactly_the_one_set_is_not_asked(
    make_app: MakeApp, identity: Identity, issuer: str
) -> None:
    app = make_app(f"{identity.issuer}/" if issuer == "slash" else issuer, identity.client_secret, ACCESS)
    async with browser(app) as visitor:
        answer = await visitor.post("/signin/openid")
        assert answer.headers["location"] == "/signin?problem=openid-unreachable"


async def test_without_a_provider_there_is_no_such_way_in(make_app: MakeApp) -> None:
    app = make_app("", "", "", oidc_issuer=None, oidc_client_id=None, oidc_client_secret=None)
    async with browser(app) as visitor:
        assert "your account" not in (await visitor.get("/signin")).text
        assert (await visitor.post("/signin/openid")).status_code == 404
        assert (await visitor.get("/oauth/signin/callback")).status_code == 404


@pytest.mark.parametrize("problem", sorted(REFUSALS))
async def test_the_sign_in_page_says_what_was_wrong(app: FastAPI, problem: str) -> None:
    async with browser(app) as visitor:
        page = (await visitor.get("/signin", params={"problem": problem})).text
    assert REFUSALS[problem].title in page.replace("&#39;", "'")


async def test_the_sign_in_page_repeats_nothing_of_the_address(app: FastAPI) -> None:
    async with browser(app) as visitor:
        assert "evil" not in (await visitor.get("/signin", params={"problem": "<b>evil", "next": "//evil"})).text
