from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from activities import heartbeat
from steps.http import FetchRequest
from tests.activities.conftest import World
from tests.activities.servers import Call, echo, reply, serving, trusting


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
        await asyncio.wait_for(gone.wait(), 30)
