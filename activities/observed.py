from __future__ import annotations

import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx

from telemetry.families import REQUEST_SECONDS, REQUESTS
from telemetry.place import CALL
from telemetry.recording import count, observe, recorder
from vault import Provider

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ELSEWHERE = "other"
_UNANSWERED = "none"


class ObservedTransport(httpx.AsyncBaseTransport):
    """Tell of each request that is sent: to which provider, and what came of it. Never an address, a header, a body."""

    def __init__(self, inner: httpx.AsyncBaseTransport, providers: Iterable[Provider]) -> None:
        self._inner = inner
        self._providers = {host: provider.name for provider in providers for host in _hosts(provider)}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it."""
        if not recorder().on:
            return await self._inner.handle_async_request(request)
        provider = self._providers.get(request.url.host, _ELSEWHERE)
        call = CALL.get()
        if call is not None and call.provider is None:
            call.provider = provider
        began, status = time.perf_counter(), _UNANSWERED
        try:
            response = await self._inner.handle_async_request(request)
            status = str(response.status_code) if 100 <= response.status_code <= 599 else _ELSEWHERE
            return response
        finally:
            run = call.run if call else None
            method = request.method if request.method in _METHODS else _ELSEWHERE
            count(REQUESTS, provider, method, status, run=run)
            observe(REQUEST_SECONDS, time.perf_counter() - began, provider, run=run)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _hosts(provider: Provider) -> set[str]:
    ends = (provider.token_url, provider.revoke_url or "")
    return {*provider.hosts, *(host for end in ends if (host := urlsplit(end).hostname))}
