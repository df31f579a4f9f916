from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncGenerator

import pytest

from tests.activities.conftest import World
from tests.activities.servers import Call, reply, serving, trusting


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
