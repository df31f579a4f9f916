"""The way back from a provider: where it leads, what it leaves behind, and what nobody can put into it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from unittest.mock import patch
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
import pytest_asyncio
import uvicorn

import logs
from api.connect import PURPOSE, STATE_TTL, attempt_cookie
from api.oauth import Attempt
from api.outcomes import Outcome, tell
from tests.api.browsing import CALLBACK, begin, come_back, consent, one, query_of
from tests.api.conftest import Place
from vault import Signer
from vault.errors import VaultUnavailable

pytestmark = pytest.mark.asyncio(loop_scope="session")
CODE = "canary-of-a-code"


@pytest_asyncio.fixture(loop_scope="session")
async def port(place: Place) -> AsyncIterator[int]:
    """The application behind the real server, as `cli.py api` starts it."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(place.app, lifespan="off", log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve([listener]))
    yield listener.getsockname()[1]
    server.should_exit = True
    await serving


async def ask(port: int, *lines: str, body: str = "") -> tuple[int, dict[str, str]]:
    """Send a request byte for byte, and return the status and the headers of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = [*lines, f"Content-Length: {len(body)}", "Connection: close", "", body]
    writer.write("\r\n".join(head).encode())
    answer = (await reader.read()).decode("utf-8", "replace")
    writer.close()
    first, *headers = answer.partition("\r\n\r\n")[0].split("\r\n")
    return int(first.split()[1]), {
        name.lower(): value.strip() for name, _, value in (h.partition(":") for h in headers)
    }


@pytest.mark.parametrize(
    ("target", "headers"),
    [
        ("/connections/add/notion", ["Host: evil.test"]),
        ("/connections/add/notion", ["Host: steps.test", "X-Forwarded-Host: evil.test", "X-Forwarded-Proto: https"]),
        ("/connections/add/notion", ["Host: steps.test", "Forwarded: host=evil.test;proto=https"]),
        ("/connections/add/notion", ["Host: steps.test@evil.test"]),
        ("http://evil.test/connections/add/notion", ["Host: steps.test"]),
        ("http://steps.test@evil.test/connections/add/notion", ["Host: evil.test"]),
    ],
)
async def test_the_redirect_uri_is_that_of_the_settings_whatever_a_request_says(
    place: Place, port: int, target: str, headers: list[str]
) -> None:
    async with place.signed_in() as visitor:
        cookie = f"Cookie: steps_session={visitor.cookies['steps_session']}"
    ours = ("Sec-Fetch-Site: same-origin", "Content-Type: application/x-www-form-urlencoded")
    status, answer = await ask(port, f"POST {target} HTTP/1.1", *headers, cookie, *ours, body="handle=my-notion")
    # Of an address in the request's first line the path alone may count; where it is not taken for one, there is none.
    assert status in ((303,) if target.startswith("/") else (303, 404))
    if status == 303:
        assert query_of(answer["location"])["redirect_uri"] == "http://steps.test/oauth/callback/notion"
    assert "evil" not in answer.get("location", "")


async def test_the_way_back_leads_to_no_other_host(place: Place, port: int) -> None:
    for target in (
        f"{CALLBACK}?code={CODE}&state=x&next=//evil.test",
        f"{CALLBACK}?code={CODE}&state=x&redirect_uri=https://evil.test",
        f"/oauth/callback//evil.test?code={CODE}",
        f"/oauth/callback/%2f%2fevil.test?code={CODE}&state=x",
        f"/oauth/callback/..%2f..%2fevil.test?code={CODE}&state=x",
        f"http://evil.test{CALLBACK}?code={CODE}",
    ):
        _, answer = await ask(port, f"GET {target} HTTP/1.1", "Host: evil.test", "Accept: text/html")
        assert answer.get("location", "/oauth/outcome") == "/oauth/outcome"


async def test_no_page_ever_stands_at_an_address_with_a_code(place: Place) -> None:
    async with place.signed_in() as visitor:
        declined = one(await begin(visitor), "state")
        refused = one(await begin(visitor), "state")
        for query in (
            f"code={CODE}", f"code={CODE}&state=none", f"code={CODE}&code=b&state=x", f"code={CODE}&state=a&state=b",
            f"code={CODE}&state={declined}&error=access_denied", f"code={CODE * 200}&state={refused}", "",
        ):  # fmt: skip
            answer = await visitor.get(f"{CALLBACK}?{query}")
            assert (answer.status_code, answer.headers["location"], answer.text) == (303, "/oauth/outcome", "")
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["cache-control"] == "no-store"
            page = await visitor.get("/oauth/outcome")
            assert CODE not in page.text + str(page.headers)
        with patch("api.services.Services.vault", side_effect=VaultUnavailable("out")):
            answer = await visitor.get(f"{CALLBACK}?code={CODE}&state=x")
        assert answer.headers["location"] == "/oauth/outcome"
        with patch("api.callback.client_of", side_effect=ZeroDivisionError):
            answer = await visitor.get(f"{CALLBACK}?code={CODE}&state=x")
        assert answer.headers["location"] == "/oauth/outcome"
        assert (await visitor.get("/oauth/outcome")).status_code == 500


async def test_a_parameter_that_comes_twice_is_refused_before_the_state_is_used(place: Place) -> None:
    async with place.signed_in() as visitor:
        back = await consent(place.notion, await begin(visitor))
        twice = await come_back(visitor, f"{back}&code={CODE}")
        assert twice.status_code == 400
        assert "more than once" in twice.text
        assert place.sent.requests == []
        assert (await visitor.get(back)).headers["location"] == "/connections?connected=my-notion"


async def test_a_state_that_another_sign_in_began_is_refused_in_the_same_browser_too(place: Place) -> None:
    async with place.signed_in() as visitor:
        session = await place.vault.sessions.get(visitor.cookies["steps_session"])
        assert session is not None
        payload = {"provider": "notion", "handle": "my-notion", "session": "another", "connection": None}
        state = (await place.vault.one_time.put(PURPOSE, payload, ttl=STATE_TTL, browser=f"{session.id}.a")).reveal()
        visitor.cookies.set(attempt_cookie(place.settings, state), "a", domain="steps.test")
        answer = await come_back(visitor, f"{CALLBACK}?{urlencode({'code': CODE, 'state': state})}")
    assert answer.status_code == 403
    assert place.sent.requests == []


async def test_no_log_holds_a_code_or_a_state(place: Place, port: int, caplog: pytest.LogCaptureFixture) -> None:
    for name in logs._NOISY:  # pyright: ignore[reportPrivateUsage]  # what every process of ours silences, of others
        caplog.set_level(logging.WARNING, name)
    with caplog.at_level(logging.DEBUG):
        async with place.signed_in() as visitor:
            cookie = f"Cookie: steps_session={visitor.cookies['steps_session']}"
            state = one(await begin(visitor), "state")
            jar = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        for line in (cookie, f"Cookie: {jar}"):  # of another browser, then of the one that began
            query = urlencode({"code": CODE, "state": state, "error_description": CODE})
            status, _ = await ask(port, f"GET {CALLBACK}?{query} HTTP/1.1", "Host: steps.test", line)
            assert status == 303
    assert place.sent.requests  # the second one came as far as the provider
    assert CODE not in caplog.text
    assert state not in caplog.text


async def test_what_a_page_tells_comes_from_us_alone(place: Place) -> None:
    services = place.app.state.services
    ours = tell(services, Outcome(type="state-invalid", title="Ours", status=400, detail="ours <b>"))
    name, _, rest = ours.headers["set-cookie"].partition("=")
    value = rest.partition(";")[0]
    services_of_another = type("Other", (), {"settings": services.settings, "signer": Signer(b"o" * 32)})()
    outcome = Outcome(title="Call 555-0100", detail="evil")
    forged = tell(services_of_another, outcome)  # pyright: ignore[reportArgumentType]  # the two that it reads
    false = forged.headers["set-cookie"].partition("=")[2].partition(";")[0]
    async with place.browser() as visitor:
        for cookie in (false, value[:-1], f"{value}x", value.partition(".")[0], "x.y", "", "\u00e9.x"):
            answer = await visitor.get("/oauth/outcome", headers=[(b"Cookie", f"{name}={cookie}".encode())])
            assert (answer.status_code, answer.headers["location"]) == (303, "/connections")
        answer = await visitor.get("/oauth/outcome", headers={"Cookie": f"{name}={value}"})
        assert answer.status_code == 400
        assert "ours &lt;b&gt;" in answer.text
    assert "HttpOnly" in ours.headers["set-cookie"]


async def test_what_the_provider_says_is_bounded_and_escaped(place: Place) -> None:
    async with place.signed_in() as visitor:
        state = one(await begin(visitor), "state")
        words = "<script>alert(1)</script>\r\nSet-Cookie: a=b" + "x" * 5000
        query = {"state": state, "error": "server_error", "error_description": words, "error_uri": "https://evil.test"}
        answer = await come_back(visitor, f"{CALLBACK}?{urlencode(query)}")
    assert answer.status_code == 200
    assert "<code>server_error</code>" in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "evil.test" not in answer.text
    assert "x" * 300 not in answer.text
    assert "a" not in answer.cookies


async def test_the_verifier_is_stored_and_shown_nowhere(place: Place) -> None:
    async with place.signed_in() as visitor:
        address = await begin(visitor)
    attempt = Attempt.of(one(address, "state"), place.app.state.services.signer)
    assert len(attempt.verifier) == 43
    assert attempt.verifier not in repr(attempt) + address
    assert "code_challenge" not in parse_qs(urlsplit(address).query)  # Notion takes none
    stored = (place.settings.data_dir / "vault.db").read_bytes() + _wal(place)
    assert attempt.verifier.encode() not in stored
    assert attempt.state.encode() not in stored


def _wal(place: Place) -> bytes:
    path = place.settings.data_dir / "vault.db-wal"
    return path.read_bytes() if path.exists() else b""


async def test_a_program_is_told_as_json(place: Place) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.app), base_url="http://steps.test") as program:
        assert (await program.get(f"{CALLBACK}?code={CODE}")).status_code == 303
        told = await program.get("/oauth/outcome")
    assert (told.status_code, told.json()["type"]) == (400, "state-invalid")
