"""Pass connections of one address on to another: `forward.py 127.0.0.1:9100 notion:9101`.

The stand-in for Notion listens on its own loopback address, and the product reaches it at no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, until it ends."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def forward(listen: str, to: str) -> None:
    """Listen at one `host:port`, and connect each that comes to the other."""
    host, _, port = to.rpartition(":")

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(host, int(port))
        except OSError:
            writer.close()
            return
        await asyncio.gather(copy(reader, back), copy(there, writer))

    host_here, _, port_here = listen.rpartition(":")
    async with await asyncio.start_server(connected, host_here, int(port_here)) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(forward(*sys.argv[1:]))
