from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from settings import Settings
from tests.api.conftest import Place

pytestmark = pytest.mark.asyncio(loop_scope="session")

SIGN = "/signin"


async def _pieces(count: int) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * 1024


async def test_a_body_is_refused_by_its_announced_size(place: Place) -> None:
    async with place.program() as caller:
        answer = await caller.post("/hooks/echo/x", content=b"x" * (place.settings.max_body_bytes + 1))
    assert answer.status_code == 413
    body = answer.json()
    assert (body["type"], body["limit"]) == ("body-too-large", place.settings.max_body_bytes)
    assert body["size"] == place.settings.max_body_bytes + 1


async def test_a_body_that_says_it_is_too_large_is_not_read(place: Place) -> None:
    read = False

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read = True
        yield b"{}"

    async with place.program() as caller:
        length = str(place.settings.max_body_bytes + 1)
        answer = await caller.post("/hooks/echo/x", content=body(), headers={"Content-Length": length})
    assert (answer.status_code, answer.json()["type"], read) == (413, "body-too-large", False)


async def test_a_body_is_refused_by_counting(place: Place) -> None:
    async with place.program() as caller:
        answer = await caller.post("/hooks/echo/x", content=_pieces(place.settings.max_body_bytes // 1024 + 1))
    assert (answer.status_code, answer.json()["type"]) == (413, "body-too-large")


async def test_a_body_of_the_limit_passes(place: Place) -> None:
    async with place.program() as caller:
        answer = await caller.post("/hooks/echo/x", content=_pieces(place.settings.max_body_bytes // 1024))
    assert answer.json()["type"] == "hook-unknown"


@pytest.mark.parametrize("length", ["-1", "abc", "1e3", "9" * 30, "+5"])
async def test_a_strange_length_is_refused(place: Place, length: str) -> None:
    async with place.program() as caller:
        answer = await caller.post("/hooks/echo/x", content=b"{}", headers={"Content-Length": length})
    assert (answer.status_code, answer.json()["type"]) == (400, "request-malformed")


@pytest.mark.parametrize("path", ["/", "/signin", "/docs", "/healthz", "/api/v1/runs", "/nothing", "/static/steps.css"])
async def test_every_answer_carries_the_security_headers(place: Place, path: str) -> None:
    async with place.browser() as visitor:
        answer = await visitor.get(path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers.get("cache-control") == (None if path.startswith("/static") else "no-store")
    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://steps.test"}, False),
        ({"Sec-Fetch-Site": "", "Origin": "http://steps.test"}, True),
        ({"Sec-Fetch-Site": "", "Origin": "http://evil.test"}, False),
        ({"Sec-Fetch-Site": "", "Origin": "null"}, False),
        ({"Sec-Fetch-Site": "", "Origin": "http://evil.test", "Host": "evil.test"}, False),
        ({"Sec-Fetch-Site": ""}, False),
        ({"Sec-Fetch-Site": "", "Authorization": "Basic eDp5"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Authorization": "Basic eDp5"}, False),
    ],
)
@pytest.mark.parametrize("path", ["/signout", "/connections/add/notion", "/runs/echo/1/cancel", "/signin"])
async def test_forms_of_other_sites_are_refused(
    place: Place, path: str, headers: dict[str, str], allowed: bool
) -> None:
    async with place.signed_in() as visitor:
        answer = await visitor.post(path, data={"handle": "A"}, headers=headers)
    assert (answer.status_code == 403) is not allowed
    if not allowed:
        assert "Only pages of http://steps.test" in answer.text


async def test_the_api_by_cookie_is_guarded_too(place: Place) -> None:
    async with place.signed_in() as visitor:
        answer = await visitor.delete("/api/v1/connections/my-notion", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.json()["type"] == "cross-site-refused"


async def test_a_key_needs_no_origin(place: Place) -> None:
    async with place.program() as caller:
        answer = await caller.delete("/api/v1/connections/my-notion", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.json()["type"] == "connection-unknown"


async def test_cookies_are_guarded_over_https(make_place: Callable[..., Place], settings: Settings) -> None:
    place = make_place(settings.model_copy(update={"public_url": "https://steps.test"}))
    transport = httpx.ASGITransport(place.app)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://steps.test", headers={"Origin": "https://steps.test"}
    ) as visitor:
        answer = await visitor.post("/signin", data={"key": place.key})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-steps_session=")
        assert {"HttpOnly", "Secure", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        assert "strict-transport-security" in answer.headers
        assert (await visitor.get("/connections")).status_code == 200


async def test_the_access_log_names_routes_and_no_address(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "api.access"):
        async with place.browser() as visitor:
            await visitor.post("/hooks/echo/SECRET1?token=SECRET2")
            await visitor.get("/oauth/callback/notion?code=SECRET3&state=SECRET4")
            await visitor.get("/signin/SECRET5")
            await visitor.get("/SECRET6")
            await visitor.get("/static/steps.css")
    lines = [record.getMessage() for record in caplog.records if record.name == "api.access"]
    assert "SECRET" not in "".join(lines)
    assert lines[0].startswith("POST /hooks/{workflow}/{secret} 404")
    assert lines[1].startswith("GET /oauth/callback/{provider} 303")
    assert lines[2].startswith("GET /signin/{code} 200")
    assert lines[3].startswith("GET (no route) 404")
