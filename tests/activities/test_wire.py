"""What leaves, byte by byte, and what a hostile server may send back."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError

from settings import ROOT
from tests.activities.conftest import FLOW, World
from tests.activities.servers import Call, reply, serving, trusting

PAGES = "https://api.notion.com/v1/pages"
REFUSED = [
    "Host", "hOsT", "Connection", "Content-Length", "Transfer-Encoding", "TE", "Trailer", "Upgrade", "Keep-Alive",
    "Expect", "Proxy-Authorization", "Proxy-Connection", "proxy-anything", "HTTP2-Settings",
]  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_no_header_of_the_connection_can_be_set(world: World, name: str) -> None:
    token = await world.connect()
    async with serving(reply()) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(worker.fetch(PAGES, headers={"Authorization": f"Bearer {token}", name: "x"}))
        assert (failure.type, failure.non_retryable) == ("request-invalid", True)
        assert f"The header {name}" in failure.message
        assert server.calls == []


@pytest.mark.parametrize(
    "value", ["a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\0", "a\x0b", "a\x85X-Evil: 1", "a\u2028X-Evil: 1",
              "a\u560d\u560aX-Evil: 1"],
)  # fmt: skip
@pytest.mark.parametrize("place", ["value", "name", "method"])
async def test_no_line_break_reaches_the_wire(world: World, value: str, place: str) -> None:
    fields: dict[str, dict[str, Any]] = {
        "value": {"headers": {"X-A": value}},
        "name": {"headers": {value: "1"}},
        "method": {"method": value},
    }
    async with serving(reply()) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        failure = await worker.failure(worker.fetch(server.origin, **fields[place]))
        assert (failure.type, server.calls) == ("request-invalid", [])


@pytest.mark.parametrize(
    "place", ["/a\r\nX-Evil: 1", "/?a=\r\nX-Evil: 1", "/a HTTP/1.1\r\nX-Evil: 1\r\n\r\n", "/%0d%0aX-Evil: 1"]
)
async def test_an_address_stays_one_line(world: World, place: str) -> None:
    received: list[bytes] = []

    async def read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(reply())
        writer.close()

    async with await asyncio.start_server(read, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with world.worker(egress_private_hosts=f"127.0.0.1:{port}") as worker:
            with contextlib.suppress(ApplicationError):  # as well if it is refused
                await worker.fetch(f"http://127.0.0.1:{port}{place}", headers={"X-Own": "1"})
    for request in received:
        lines = request.decode().split("\r\n")
        assert not any(line.lower().startswith("x-evil") for line in lines)
        assert sum(line.lower().startswith("host:") for line in lines) == 1


@pytest.mark.parametrize(
    "encoding", ["gzip", "GZIP", "x-gzip", "br", "zstd", "deflate", "identity, gzip", "gzip, identity",
                 "identity\r\nContent-Encoding: gzip", "gzip\r\nContent-Encoding: identity", "\tGzip ", "unknown"],
)  # fmt: skip
@pytest.mark.parametrize("status", [200, 302, 401])
async def test_no_compressed_answer_is_taken(world: World, encoding: str, status: int) -> None:
    answer = f"HTTP/1.1 {status} Some\r\nLocation: /\r\nContent-Encoding: {encoding}\r\nContent-Length: 1\r\n\r\nx"
    async with serving(answer.encode()) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        failure = await worker.failure(worker.fetch(server.origin))
        assert "compressed" in failure.message
        assert server.calls[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    "head",
    ["Transfer-Encoding: gzip, chunked", "Transfer-Encoding: identity", "Transfer-Encoding: chunked, chunked",
     "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip", "Content-Length: 1\r\nContent-Length: 2",
     "Content-Length: -1", "Content-Length: 1, 2", "Transfer-Encoding : chunked", " folded: x", "X: \x00"],
)  # fmt: skip
async def test_an_answer_of_two_lengths_is_no_answer(world: World, head: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n1\r\nx\r\n0\r\n\r\n".encode()
    async with serving(answer) as server, world.worker(egress_private_hosts=trusting(server)) as worker:
        assert (await worker.failure(worker.fetch(server.origin))).type == "fetch-failed"


ENDLESS = {
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-A: " + b"a" * 4096 + b"\r\n"),
    "header": (b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 4096),
    "reason": (b"HTTP/1.1 200 ", b"a" * 4096),
    "beforehand": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "extensions": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;", b"a" * 4096),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"X-A: " + b"a" * 4096 + b"\r\n"),
    "body": (b"HTTP/1.1 200 OK\r\n\r\n", b"a" * 4096),
}


@pytest.mark.parametrize("part", ENDLESS)
@pytest.mark.parametrize("pause", [0.0, 0.05], ids=["at once", "slowly"])
async def test_nothing_endless_outlasts_its_time(world: World, part: str, pause: float) -> None:
    first, again = ENDLESS[part]

    async def drip() -> AsyncGenerator[bytes, None]:
        yield first
        while True:
            yield again
            await asyncio.sleep(pause)

    async def answer(_: Call) -> AsyncGenerator[bytes, None]:
        return drip()

    async with (
        serving(answer) as server,
        world.worker(egress_private_hosts=trusting(server), max_response_bytes=100_000) as worker,
    ):
        began = time.monotonic()
        failure = await worker.failure(worker.fetch(server.origin, timeout=1))
        assert failure.type in ("fetch-failed", "response-too-large")
        assert time.monotonic() - began < 30


CHILD = """
import asyncio, sys
from activities.egress import Egress
from activities.exchange import Exchange
from settings import Settings
import httpx

async def main():
    egress = Egress(Settings(_env_file=None, egress_private_hosts=sys.argv[1]))
    for path in ("gzip", "plain", "gzip"):
        try:
            await egress.send(httpx.Request("GET", f"http://{sys.argv[1]}/{path}"), Exchange("h"), None, 20)
        except Exception as error:
            print(type(error).__name__)
    await egress.close()
    # Not getrusage's, which begins with that of the process that this one came from.
    with open("/proc/self/status") as status:
        print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmHWM")))

asyncio.run(main())
"""


async def test_a_bomb_takes_no_memory() -> None:
    """A gigabyte in a megabyte of gzip, and an endless body, in a process whose memory is measured."""
    import zlib

    pack = zlib.compressobj(9, wbits=31)
    bomb = b"".join(pack.compress(b"\0" * 16_777_216) for _ in range(64)) + pack.flush()
    assert len(bomb) < 1_100_000

    async def endless() -> AsyncGenerator[bytes, None]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        while True:
            yield b"x" * 1_048_576

    async def answer(call: Call) -> bytes | AsyncGenerator[bytes, None]:
        return reply(200, bomb, {"Content-Encoding": "gzip"}) if call.path == "/gzip" else endless()

    async with serving(answer) as server:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CHILD, server.authority, cwd=ROOT, stdout=subprocess.PIPE
        )
        output, _ = await asyncio.wait_for(child.communicate(), 60)
    *kinds, megabytes = output.decode().split()
    assert kinds == ["AnswerCompressed", "ResponseTooLarge", "AnswerCompressed"]
    assert int(megabytes) < 150


async def test_a_secret_comes_back_in_no_part_of_an_answer(world: World) -> None:
    secret = "NtnCanary0a1b2c3d4e5f"
    await world.vault.variables.set(FLOW, "KEY", secret, secret=True, hosts=["api.notion.com"])
    head = f"HTTP/1.1 200 {secret}\r\nX-{secret}: {secret}\r\nTransfer-Encoding: chunked\r\n\r\n"
    body = b"\xff\xfe" + secret.encode("utf-16-le") + b"|" + secret.encode()
    chunks = b"".join(b"1\r\n" + body[at : at + 1] + b"\r\n" for at in range(len(body))) + b"0\r\n\r\n"
    async with serving(head.encode() + chunks) as notion, world.worker(notion_origin=notion.origin) as worker:
        response = await worker.fetch(f"{PAGES}?x=1", headers={"X-Key": world.seal("variable", "KEY")})
    shown = response.model_dump_json()
    assert "anary" not in shown
    assert "a\\u0000n" not in shown
    assert response.headers["x-[secret]"] == "[secret]"
    assert response.text.count("[secret]") == 2
