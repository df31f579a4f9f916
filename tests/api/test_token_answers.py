"""What a provider may answer where a code is exchanged for a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import urlencode

import httpx
import pytest

from tests.api.browsing import CALLBACK, begin, come_back, one
from tests.api.conftest import CANARY, Place

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Provider(httpx.AsyncBaseTransport):
    """Answer as told, piece by piece, as a network does."""

    def __init__(self, answer: httpx.Response | Exception) -> None:
        self.answer = answer

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if isinstance(self.answer, Exception):
            raise self.answer
        pieces = self.answer.content

        async def stream() -> AsyncIterator[bytes]:
            for start in range(0, len(pieces), 1000):
                yield pieces[start : start + 1000]

        return httpx.Response(self.answer.status_code, headers=self.answer.headers, content=stream())


CODE, SECRET = "code-canary-1234", "local-secret"
GOOD: dict[str, object] = {"access_token": CANARY + "x", "refresh_token": None, "bot_id": "bot", "workspace_name": None}


@pytest.mark.parametrize(
    ("answer", "status", "says"),
    [
        (httpx.Response(400, json={"error": "invalid_grant", "error_description": "used"}), 502, "invalid_grant"),
        (httpx.Response(401, json={"error": "invalid_client"}), 502, "STEPS_NOTION_CLIENT_SECRET"),
        (
            httpx.Response(400, json={"object": "error", "code": "invalid_request", "message": CODE}),
            502,
            "invalid_request",
        ),
        (httpx.Response(400, json={"error": f"no such code: {CODE}"}), 502, "status 400"),
        (httpx.Response(401, json={"error": f"{SECRET} is not the secret"}), 502, "status 401"),
        (httpx.Response(400, json={"error": {"code": CODE}}), 502, "status 400"),
        (httpx.Response(500, text=f"<h1>{CODE}</h1>"), 502, "status 500"),
        (httpx.Response(302, headers={"Location": "https://evil.test/"}), 502, "status 302"),
        (httpx.Response(200, text="not json " + CANARY), 502, "lacks a token"),
        (httpx.Response(200, json=[CANARY]), 502, "lacks a token"),
        (httpx.Response(200, json={**GOOD, "access_token": ""}), 502, "lacks a token"),
        (httpx.Response(200, json={**GOOD, "access_token": CANARY + "\n"}), 502, "lacks a token"),
        (httpx.Response(200, json={**GOOD, "access_token": 7}), 502, "lacks a token"),
        (httpx.Response(200, json={**GOOD, "bot_id": None}), 502, "lacks an account"),
        (httpx.Response(200, content=b"x" * 100_000), 502, "too large"),
        (httpx.ConnectError("no route to " + CODE), 502, "did not answer"),
        (httpx.ReadTimeout("slow"), 502, "did not answer"),
        (httpx.Response(200, json=GOOD), 303, ""),
    ],
)
async def test_what_the_token_end_point_may_answer(
    place: Place, answer: httpx.Response | Exception, status: int, says: str, caplog: pytest.LogCaptureFixture
) -> None:
    place.sent.inner = Provider(answer)
    with caplog.at_level("DEBUG"):
        async with place.signed_in() as visitor:
            state = one(await begin(visitor), "state")
            page = await come_back(visitor, f"{CALLBACK}?{urlencode({'state': state, 'code': CODE})}")
    assert page.status_code == status
    assert says in page.text
    ours = "".join(record.getMessage() for record in caplog.records if record.name.startswith(("api", "vault")))
    for secret in (CODE, CANARY, SECRET, state):
        assert secret not in page.text
        assert secret not in ours
    assert len(place.sent.requests) == 1
    assert len(await place.vault.connections.list()) == (1 if status == 303 else 0)
