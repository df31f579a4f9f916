"""`python -m bench.limited PORT PER_SECOND BURST`: stand for Notion with its average limit, and note each call."""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from typing import Any

from local.notion.rates import Bucket

_PAGE = {"object": "page", "id": "1f0e7c2a-9d1b-4c5e-8f3a-2b6d4e8c0a12"}
_REFUSED = {"object": "error", "status": 429, "code": "rate_limited", "message": "You have been rate limited."}


class Limited:
    """Answer pages, as often a second as each token may; `GET /_log` tells when each call came, and what it got."""

    def __init__(self, per_second: float, burst: float) -> None:
        self._per_second, self._burst = per_second, burst
        self._buckets: dict[str, Bucket] = {}
        self._log: list[tuple[float, str, int]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the calls of one network connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head)}
                await reader.readexactly(int(fields.get("content-length", "0")))
                writer.write(self._answer(head[0], fields.get("authorization", "")))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, first: str, token: str) -> bytes:
        if first.startswith("GET /_log"):
            return _http(200, self._log)
        now = time.monotonic()
        bucket = self._buckets.setdefault(token, Bucket(self._per_second, self._burst, self._burst, now))
        wait = bucket.take(now)
        self._log.append((now, token, 429 if wait else 200))
        return _http(429, _REFUSED, f"Retry-After: {math.ceil(wait)}\r\n") if wait else _http(200, _PAGE)


def _http(status: int, body: Any, more: str = "") -> bytes:
    data = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\n{more}Content-Length: {len(data)}\r\n\r\n"
    return head.encode() + data


async def _main(port: int, per_second: float, burst: float) -> None:
    server = await asyncio.start_server(Limited(per_second, burst).serve, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3])))
