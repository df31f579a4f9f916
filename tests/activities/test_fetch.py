from __future__ import annotations

import asyncio
import gzip
import json
import logging
import zlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from activities import heartbeat
from steps.http import FetchRequest
from tests.activities.conftest import World
from tests.activities.servers import Call, Server, reply, serving


async def echo(call: Call) -> bytes:
    return reply(
        200, {"method": call.method, "target": call.target, "headers": call.headers, "body": call.body.decode()}
    )


def trusting(*servers: Server) -> str:
    return ",".join(server.authority for server in servers)


async def test_a_call_is_sent_as_it_was_written(world: World) -> None:
    async with serving(echo) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        response = await worker.fetch(
            f"{server.origin}/a%2Fb?x=1&&y", method="patch", headers={"X-One": " 1 "}, params={"z": True}, content="é"
        )
    seen = response.json()
    assert (seen["method"], seen["target"]) == ("PATCH", "/a%2Fb?x=1&y=&z=true")
    assert seen["headers"]["x-one"] == "1"
    assert seen["headers"]["content-type"] == "text/plain;charset=UTF-8"
    assert seen["headers"]["accept-encoding"] == "identity"
    assert seen["headers"]["user-agent"] == "durable-steps"
    assert seen["body"] == "é"
    assert response.url == f"{server.origin}/a%2Fb?x=1&y=&z=true"


async def test_without_params_the_query_stays_as_it_is(world: World) -> None:
    async with serving(echo) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        assert (await worker.fetch(f"{server.origin}/?signed&a=b+c%20d")).json()["target"] == "/?signed&a=b+c%20d"


async def test_json_is_sent_as_json(world: World) -> None:
    async with serving(echo) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        for value in ({"a": ["é", 1.5, None]}, None, "text", 0):
            seen = (await worker.fetch(server.origin, method="POST", json_body=value, has_json=True)).json()
            assert json.loads(seen["body"]) == value
            assert seen["headers"]["content-type"] == "application/json"
        own = {"Content-Type": "application/vnd.api+json"}
        seen = (await worker.fetch(server.origin, method="POST", json_body={}, has_json=True, headers=own)).json()
        assert seen["headers"]["content-type"] == "application/vnd.api+json"


@pytest.mark.parametrize("status", [200, 204, 304, 400, 401, 404, 429, 500, 503])
async def test_every_status_is_an_answer(world: World, status: int) -> None:
    async with (
        serving(reply(status, headers={"X-Some": "Thing", "Set-Cookie": "a=canary"})) as server,
        world.worker(egress_private_hosts=trusting(server)) as worker,
    ):
        response = await worker.fetch(server.origin)
    assert response.status == status
    assert response.ok == (status in (200, 204))
    assert response.headers["x-some"] == "Thing"
    assert "set-cookie" not in response.headers


async def test_no_cookie_is_kept_for_the_next_call(world: World) -> None:
    async with (
        serving(reply(headers={"Set-Cookie": "session=1; Path=/"})) as server,
        world.worker(egress_private_hosts=trusting(server)) as worker,
    ):
        await worker.fetch(server.origin)
        await worker.fetch(server.origin)
    assert all("cookie" not in call.headers for call in server.calls)


@pytest.mark.parametrize(
    ("body", "content_type", "text"),
    [
        ("é".encode(), "text/plain", "é"),
        (b"\xef\xbb\xbf{}", "application/json", "{}"),
        (b"\xe9", "text/plain; charset=latin-1", "é"),
        ("é".encode("utf-16"), "text/plain; charset=utf-16", "é"),
        (b"\xff\xfe\xfa", "application/octet-stream", "���"),
        (zlib.compress(b"0" * 10_000_000), "text/plain; charset=zlib_codec", None),
        (b"a" * 200_000 + b"-" + b"b" * 200_000, "text/plain; charset=punycode", "a" * 200_000 + "-" + "b" * 200_000),
        (b"\\x41", "text/plain; charset=unicode_escape", "\\x41"),
        (b"plain", "text/plain; charset=no-such", "plain"),
        (b"plain", 'text/plain; charset="', "plain"),
    ],
)
async def test_the_text_is_decoded_as_a_server_may_ask(
    world: World, body: bytes, content_type: str, text: str | None
) -> None:
    async with (
        serving(reply(200, body, {"Content-Type": content_type})) as server,
        world.worker(egress_private_hosts=trusting(server)) as worker,
    ):
        response = await worker.fetch(server.origin)
    assert len(response.text) <= len(body)
    assert text is None or response.text == text


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "file:///etc/passwd"}, "https://"),
        ({"url": "no address"}, "https://"),
        ({"url": "https://user:canary@example.com/"}, "user name or password"),
        ({"url": "https://xn--api-notion-com.example/"}, "cannot be"),
        ({"url": "https://example.com:port/"}, "cannot be read"),
        ({"url": "https://exam\nple.com/"}, "cannot be read"),
        ({"method": "GET / HTTP/1.1\r\nHost: evil"}, "method"),
        ({"method": "CONNECT"}, "method"),
        ({"method": "TRACE"}, "method"),
        ({"method": ""}, "method"),
        ({"timeout": 0}, "timeout"),
        ({"timeout": -1}, "timeout"),
        ({"has_json": True, "json_body": 1, "content": "1"}, "not both"),
        ({"headers": {"X-A": "1\r\nX-B: 2"}}, "X-A"),
        ({"headers": {"X-A": "1\n"}}, "X-A"),
        ({"headers": {"X-A": "1\0"}}, "X-A"),
        ({"headers": {"X-A": "é"}}, "X-A"),
        ({"headers": {"X A": "1"}}, "name"),
        ({"headers": {"X-A: 1\r\nX-B": "2"}}, "name"),
        ({"headers": {"": "1"}}, "name"),
        ({"headers": {"X-A": "1", "x-a": "2"}}, "twice"),
        *(
            ({"headers": {name: "1"}}, name)
            for name in (
                "Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Keep-Alive",
                "Expect", "Proxy-Authorization", "Proxy-Connection", "proxy-anything",
            )
        ),
    ],
)  # fmt: skip
async def test_what_cannot_be_sent_is_refused_for_good(world: World, fields: dict[str, Any], words: str) -> None:
    async with world.worker() as worker:
        failure = await worker.failure(worker.fetch(**({"url": "https://example.com/"} | fields)))
    assert failure.type == "request-invalid"
    assert failure.non_retryable
    assert words in failure.message
    assert world.resolved == []


async def test_an_answer_over_the_cap_is_cut(world: World) -> None:
    async with serving(reply(200, b"x" * 5000)) as server:
        async with world.worker(egress_private_hosts=trusting(server), max_response_bytes=5000) as worker:
            assert len((await worker.fetch(server.origin)).text) == 5000
        async with world.worker(egress_private_hosts=trusting(server), max_response_bytes=4999) as worker:
            failure = await worker.failure(worker.fetch(server.origin))
    assert failure.type == "response-too-large"
    assert failure.non_retryable
    assert "4999 bytes" in failure.message
    assert "The request itself was made" in failure.message


@pytest.mark.parametrize("status", [200, 302, 401])
async def test_an_endless_answer_is_cut(world: World, status: int) -> None:
    async def endless() -> AsyncGenerator[bytes, None]:
        yield f"HTTP/1.1 {status} Some\r\nLocation: /more\r\n\r\n".encode()
        while True:
            yield b"x" * 65536

    async def answer(_: Call) -> AsyncGenerator[bytes, None]:
        return endless()

    async with (
        serving(answer) as server,
        world.worker(egress_private_hosts=trusting(server), max_response_bytes=100_000) as worker,
    ):
        failure = await worker.failure(worker.fetch(server.origin))
        assert failure.type == "response-too-large"
        assert (await worker.failure(worker.fetch(server.origin))).type == "response-too-large"


async def test_a_compressed_answer_is_refused(world: World) -> None:
    bomb = gzip.compress(b"0" * 50_000_000)
    async with (
        serving(reply(200, bomb, {"Content-Encoding": "gzip"})) as server,
        world.worker(egress_private_hosts=trusting(server)) as worker,
    ):
        failure = await worker.failure(worker.fetch(server.origin))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", True)
    assert "compressed" in failure.message


async def test_an_answer_that_the_history_cannot_hold_is_refused(world: World) -> None:
    async with (
        serving(reply(200, b"\0" * 900_000)) as server,
        world.worker(egress_private_hosts=trusting(server)) as worker,
    ):
        failure = await worker.failure(worker.fetch(server.origin))
    assert (failure.type, failure.non_retryable) == ("response-too-large", True)


@pytest.mark.parametrize(
    "answer",
    [None, b"", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", b"HTTP/1.1 200", b"SSH-2.0-OpenSSH\r\n"],
)
async def test_a_broken_answer_is_a_network_failure(world: World, answer: bytes | None) -> None:
    async with serving(answer) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        failure = await worker.failure(worker.fetch(f"{server.origin}/path?key=canary"))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
    assert failure.message.startswith("127.0.0.1 broke off")


async def test_a_closed_port_is_a_network_failure(world: World) -> None:
    async with serving(None) as server:
        pass
    async with world.worker(egress_private_hosts=trusting(server)) as worker:
        failure = await worker.failure(worker.fetch(f"{server.origin}/path?key=canary"))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
    assert failure.message.startswith("127.0.0.1 could not be reached")


async def test_the_timeout_is_that_of_the_whole_exchange(world: World) -> None:
    async def slowly() -> AsyncGenerator[bytes, None]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        for _ in range(100):
            await asyncio.sleep(0.05)
            yield b"x"

    async def answer(_: Call) -> AsyncGenerator[bytes, None]:
        return slowly()

    async with serving(answer) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        failure = await worker.failure(worker.fetch(f"{server.origin}/?key=canary", timeout=0.2))
    assert (failure.type, failure.non_retryable) == ("fetch-failed", False)
    assert failure.message == "127.0.0.1 did not answer within 0.2 seconds"


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


async def test_it_heartbeats_for_as_long_as_it_lasts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    beats: list[object] = []
    three = asyncio.Event()

    def beat(*_: object) -> None:
        beats.append(1)
        if len(beats) >= 3:
            three.set()

    async def answer(_: Call) -> bytes:
        await three.wait()
        return reply()

    monkeypatch.setattr(heartbeat, "SECONDS", 0.01)
    async with serving(answer) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        environment = worker.environment()
        environment.on_heartbeat = beat
        await environment.run(worker.activities.fetch, FetchRequest(url=server.origin))
        assert len(beats) >= 3
    assert not [task for task in asyncio.all_tasks() if "_beat" in repr(task)]


async def test_a_cancelled_call_takes_its_request_along(world: World) -> None:
    asked, gone = asyncio.Event(), asyncio.Event()

    async def answer(_: Call) -> AsyncGenerator[bytes, None]:
        async def until_gone() -> AsyncGenerator[bytes, None]:
            asked.set()
            try:
                while True:
                    yield b"H"
                    await asyncio.sleep(0.01)
            finally:
                gone.set()

        return until_gone()

    async with serving(answer) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        environment = worker.environment()
        call = asyncio.ensure_future(environment.run(worker.activities.fetch, FetchRequest(url=server.origin)))
        await asked.wait()
        environment.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(gone.wait(), 5)


async def test_no_log_line_shows_a_query(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    async with serving(echo) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        await worker.fetch(f"{server.origin}/?key=canary")
    assert "canary" not in caplog.text
