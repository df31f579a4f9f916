from __future__ import annotations

import logging

import pytest

from tests.activities.conftest import World
from tests.activities.servers import Call, echo, reply, serving, trusting


async def test_no_cookie_is_kept_for_the_next_call(world: World) -> None:
    async with (
        serving(reply(headers={"Set-Cookie": "session=1; Path=/"})) as server,
        world.worker(egress_private_hosts=trusting(server)) as worker,
    ):
        await worker.fetch(server.origin)
        await worker.fetch(server.origin)
    assert all("cookie" not in call.headers for call in server.calls)


async def test_redirects_are_followed_and_each_is_guarded(world: World) -> None:
    async def answer(call: Call) -> bytes:
        if call.path == "/here":
            return reply(303, headers={"Location": f"http://there.example:{there.port}/there?a=b"})
        return reply(302, headers={"Location": f"http://inside.example:{inside.port}/"})

    async with serving(echo) as there, serving(echo) as inside, serving(answer) as here:
        world.addresses = {"there.example": ["127.0.0.1"], "inside.example": ["127.0.0.1"]}
        allowed = f"{here.authority},there.example:{there.port}"
        async with world.worker(egress_private_hosts=allowed) as worker:
            headers = {"Authorization": "Basic own", "Cookie": "own=1"}
            response = await worker.fetch(f"{here.origin}/here", method="POST", content="x", headers=headers)
            assert response.url == f"http://there.example:{there.port}/there?a=b"
            seen = response.json()
            assert (seen["method"], seen["body"]) == ("GET", "")
            assert "authorization" not in seen["headers"]
            assert "cookie" not in seen["headers"]
            failure = await worker.failure(worker.fetch(f"{here.origin}/evil"))
            assert failure.type == "egress-denied"
            assert inside.calls == []


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("/again", "fetch-failed"),
        ("file:///etc/passwd", "request-invalid"),
        ("http://user:password@127.0.0.1/", "request-invalid"),
        ("http://[broken", "fetch-failed"),
        ("http://xn--api-notion-com.example/", "request-invalid"),
        ("http://169.254.169.254/", "egress-denied"),
    ],
)
async def test_a_redirect_to_nowhere_ends(world: World, location: str, kind: str) -> None:
    async with (
        serving(reply(302, headers={"Location": location})) as server,
        world.worker(egress_private_hosts=trusting(server)) as worker,
    ):
        assert (await worker.failure(worker.fetch(server.origin))).type == kind
        assert len(server.calls) == (6 if location == "/again" else 1)


async def test_a_redirect_never_leaves_https(world: World) -> None:
    # What is for Notion goes to the stand-in, so that https can be had without a certificate.
    async with (
        serving(reply(302, headers={"Location": "http://shop.example/"})) as server,
        world.worker(notion_origin=server.origin) as worker,
    ):
        failure = await worker.failure(worker.fetch("https://api.notion.com/v1/pages"))
    assert failure.type == "egress-denied"
    assert "from https to http" in failure.message
    assert "shop.example" not in world.resolved


async def test_the_stand_in_is_reached_as_notion_alone(world: World) -> None:
    async with serving(echo) as server, world.worker(notion_origin=server.origin) as worker:
        assert (await worker.fetch("https://API.notion.com:443/v1/x?y=z")).json()["headers"]["host"] == "api.notion.com"
        assert server.calls[-1].target == "/v1/x?y=z"
        for url in (server.origin, f"http://api.notion.com:{server.port}/", "https://api.notion.com:8443/"):
            failure = await worker.failure(worker.fetch(url))
            assert failure.type in ("egress-denied", "fetch-failed")
        assert len(server.calls) == 1


async def test_no_log_line_shows_a_query(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving(echo) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        await worker.fetch(f"{server.origin}/?key=canary")
    assert "canary" not in caplog.text
