"""Who may use which route: what each declares, and that it is held to it."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Mount

from api.access_problems import ScopeMissing
from api.app import create_app
from api.auth import Needs, PageNeeds, Public, authenticated, signed_in
from api.declared import check_declared, declared
from settings import Settings
from settings import signin as signin_settings
from tests.api.browsing import sign_in
from tests.api.conftest import Place
from vault.scopes import ADMIN, SCOPES, covers

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Everybody may use these; the reason stands beside each in the code.
PUBLIC = {
    "GET /healthz", "GET /readyz", "GET /docs",
    "POST /hooks/{workflow}/{secret}", "POST /hooks/notion/events/{secret}", "GET /resume/{token}",
    "POST /resume/{token}", "GET /signin", "POST /signin", "GET /signin/{code}", "POST /signin/{code}",
    "POST /signin/openid", "POST /signout", "GET /oauth/callback/{provider}", "GET /oauth/outcome",
    "GET /oauth/signin/callback",
}  # fmt: skip
APP = create_app(Settings(data_dir=Path("nowhere")))
ROUTES = [(method, path, found) for method, path, found in declared(APP.routes)]
GUARDED = [
    pytest.param(method, path, one, id=f"{method} {path}")
    for method, path, found in ROUTES
    for one in found
    if not isinstance(one, Public)
]
HELD = [*((scope,) for scope in SCOPES), ("trigger", "read"), ("trigger", "operate")]


NOTHING = "nothing-of-this-name"


def address(path: str) -> str:
    return re.sub(r"\{[^}]*\}", NOTHING, path)


async def test_every_route_declares_once_what_it_needs_or_that_it_is_public():
    assert {f"{method} {path}" for method, path, found in ROUTES if isinstance(found[0], Public)} == PUBLIC
    assert [path for _, path, found in ROUTES if len(found) != 1] == []
    assert all(one.reason for _, _, found in ROUTES for one in found if isinstance(one, Public))
    rest = [route for route in APP.routes if isinstance(route, APIRoute | Mount) or hasattr(route, "methods")]
    undeclared = {getattr(route, "path", "") for route in rest} - {path for _, path, _ in ROUTES}
    assert undeclared == {"/openapi.json", "/static"}, "these two tell nothing but what the code says"


async def test_a_page_needs_a_session_and_an_operation_a_caller():
    for _, path, found in ROUTES:
        if not isinstance(found[0], Public):
            programs = path.startswith(("/api/", "/codec/"))
            assert isinstance(found[0], Needs if programs else PageNeeds), path
            assert set(found[0].scopes) <= set(SCOPES), path


async def test_what_declares_nothing_narrower_needs_everything():
    assert (authenticated.scopes, signed_in.scopes) == ((ADMIN,), (ADMIN,))


async def test_a_route_that_declares_nothing_does_not_get_in():
    app = FastAPI()

    @app.get("/open")
    async def to_all() -> None: ...

    with pytest.raises(RuntimeError, match="GET /open"):
        check_declared(app.routes)


@pytest.mark.parametrize(("method", "path", "needs"), GUARDED)
async def test_a_route_is_open_to_the_scopes_that_it_needs_and_to_no_others(
    place: Place, method: str, path: str, needs: Needs | PageNeeds
) -> None:
    for held in HELD:
        _, text = await place.vault.api_keys.create("narrow", held)
        async with place.browser() as caller:
            if isinstance(needs, PageNeeds):
                await sign_in(caller, text.reveal())
            else:
                caller.headers["Authorization"] = f"Bearer {text.reveal()}"
            answer = await caller.request(method, address(path))
        refused = "This needs another scope" in answer.text
        assert refused is not covers(held, needs.scopes), (held, answer.text)
        assert (answer.status_code == 403) is refused, held
        assert not refused or NOTHING not in answer.text
        if refused and isinstance(needs, Needs):
            told = answer.json()
            assert answer.headers["content-type"] == "application/problem+json"
            assert (told["type"], told["needed"], told["held"]) == (ScopeMissing.type, [*needs.scopes], [*held])


@pytest.mark.parametrize(("method", "path", "needs"), GUARDED)
async def test_a_stranger_is_refused_everywhere(place: Place, method: str, path: str, needs: Needs | PageNeeds) -> None:
    async with place.browser() as stranger:
        answer = await stranger.request(method, address(path))
    if isinstance(needs, PageNeeds):
        assert answer.headers["location"].startswith("/signin?next=")
    else:
        assert (answer.status_code, answer.json()["type"]) == (401, "authentication-required")


@pytest.mark.parametrize("path", ["/api/v1/connections/{}", "/api/v1/keys/{}"])
async def test_a_refusal_tells_nothing_of_what_there_is(place: Place, path: str) -> None:
    _, text = await place.vault.api_keys.create("shop", ("trigger",))
    async with place.browser(Authorization=f"Bearer {text.reveal()}") as caller:
        there, nowhere = [await caller.delete(path.format(id)) for id in (place.key_id, "0" * 32)]
    assert (there.status_code, there.content) == (nowhere.status_code, nowhere.content)
    assert there.status_code == 403


async def test_scopes_of_unknown_names_allow_nothing():
    assert not covers(("runs:start", "Admin", ""), ("trigger",))
    assert [scope for scope in SCOPES if covers(("trigger",), (scope,))] == ["trigger"]
    assert [scope for scope in SCOPES if covers(("operate",), (scope,))] == ["read", "operate"]
    assert all(covers(("admin",), pair) for pair in itertools.product(SCOPES, SCOPES))


async def test_the_settings_know_the_same_scopes():
    assert tuple(SCOPES) == signin_settings._SCOPES  # pyright: ignore[reportPrivateUsage]  # what it tests


@pytest.mark.parametrize(
    ("held", "shown"), [(("read",), False), (("operate",), False), (("trigger", "read"), True), (("admin",), True)]
)
async def test_only_who_may_start_runs_sees_the_addresses_of_triggers(
    place: Place, held: tuple[str, ...], shown: bool
) -> None:
    _, text = await place.vault.api_keys.create("eyes", held)
    async with place.browser() as visitor:
        await sign_in(visitor, text.reveal())
        listed = (await visitor.get("/api/v1/workflows")).json()
        page = (await visitor.get("/")).text
    assert listed
    assert all((workflow["hook_url"] is not None) is shown for workflow in listed)
    assert ("/hooks/" in page) is shown
