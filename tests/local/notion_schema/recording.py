"""A transport that holds what passes to the types, and keeps it."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.local.notion_schema.check import Exchange, check


class RecordingTransport(httpx.AsyncBaseTransport):
    """Pass calls on to the stand-in, keep them, and check each against the types."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner
        self.exchanges: list[Exchange] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = await self._inner.handle_async_request(request)
        if request.url.path.startswith("/v1/"):
            await response.aread()
            exchange = _exchange(request, response)
            self.exchanges.append(exchange)
            check(exchange)
        return response


def _exchange(request: httpx.Request, response: httpx.Response) -> Exchange:
    return Exchange(
        request.method,
        request.url.path,
        request.headers.get("notion-version"),
        _json(request.content),
        response.status_code,
        _json(response.content),
    )


def _json(content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError:
        return None
