"""`python -m bench.notion PORT`: stand for Notion with the least work that HTTP takes, in a process of its own."""

from __future__ import annotations

import asyncio
import sys

_ANSWER = b'{"object":"page","id":"1f0e7c2a-9d1b-4c5e-8f3a-2b6d4e8c0a12","url":"https://www.notion.so/1f0e7c2a9d1b"}'
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Request-Id: 5a1b\r\nContent-Length: %d\r\n\r\n" % len(
    _ANSWER
)


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            fields = [line.split(b":", 1) for line in head.lower().split(b"\r\n")]
            size = next((int(field[1]) for field in fields if field[0] == b"content-length"), 0)
            await reader.readexactly(size)
            writer.write(_HEAD + _ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main(port: int) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))
