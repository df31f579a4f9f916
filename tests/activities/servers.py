"""A server on this machine that answers as a script says, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Call:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


Answer = bytes | AsyncGenerator[bytes, None] | None
Script = Callable[[Call], Awaitable[Answer]]


def reply(status: int = 200, body: object = "", headers: dict[str, str] | None = None) -> bytes:
    """An HTTP answer; anything but text and bytes becomes JSON."""
    if not isinstance(body, str | bytes):
        body = json.dumps(body)
    data = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(data)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + data


@dataclass
class Server:
    """`answer` says what comes back: bytes, a stream of them, or None for a connection that is cut."""

    answer: Script
    port: int = 0
    calls: list[Call] = field(default_factory=list[Call])
    stop: Callable[[], None] = lambda: None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def authority(self) -> str:
        return f"127.0.0.1:{self.port}"

    def asked(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            call = await _read(reader)
            self.calls.append(call)
            answer = await self.answer(call)
            if answer is None:
                writer.transport.abort()
            elif isinstance(answer, bytes):
                writer.write(answer)
            else:
                async with aclosing(answer):
                    async for part in answer:
                        writer.write(part)
                        await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went away
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Call(method, target, headers, body)


@asynccontextmanager
async def serving(answer: Any) -> AsyncGenerator[Server, None]:
    """Serve on a free port; an answer that is no function is given to every call."""

    async def always(_call: Call) -> Any:
        return answer

    script: Script = answer if callable(answer) else always  # pyright: ignore[reportAssignmentType]  # callable() tells no signature
    server = Server(script)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.stop = listener.close
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()


async def echo(call: Call) -> bytes:
    return reply(
        200, {"method": call.method, "target": call.target, "headers": call.headers, "body": call.body.decode()}
    )


def trusting(*servers: Server) -> str:
    return ",".join(server.authority for server in servers)
