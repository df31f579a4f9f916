from __future__ import annotations

import time
from collections.abc import Iterable
from urllib.parse import urlsplit

import httpx

from telemetry.call_watch import said_of
from telemetry.families import REQUEST_SECONDS, REQUESTS
from telemetry.ids import new_span
from telemetry.place import CALL, Call
from telemetry.recording import count, observe, recorder, tell
from telemetry.spans import Span, Value
from vault import Provider

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# What Notion's paths are made of, beside ids.
_WORDS = frozenset(
    {"", "v1", "blocks", "children", "comments", "complete", "data_sources", "databases", "file_uploads", "introspect",
     "markdown", "me", "move", "oauth", "pages", "properties", "query", "revoke", "search", "send", "templates",
     "token", "users", "views"}
)  # fmt: skip
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
        began, clock, status = time.perf_counter(), time.time_ns(), _UNANSWERED
        try:
            response = await self._inner.handle_async_request(request)
            status = str(response.status_code) if 100 <= response.status_code <= 599 else _ELSEWHERE
            return response
        finally:
            run = call.run if call else None
            method = request.method if request.method in _METHODS else _ELSEWHERE
            seconds = time.perf_counter() - began
            count(REQUESTS, provider, method, status, run=run)
            observe(REQUEST_SECONDS, seconds, provider, run=run)
            if call is not None and run is not None:
                tell(_span(call, request.url, provider, method, status, clock, clock + int(seconds * 1e9)))

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _span(call: Call, url: httpx.URL, provider: str, method: str, status: str, began: int, ended: int) -> Span:
    template = path_template(url) if provider == "notion" else None
    answered = status.isdigit()
    said: dict[str, Value | None] = {
        **said_of(call),
        "durable_steps.provider": provider,
        "http.request.method": method,
        "server.address": url.host,
        "url.scheme": url.scheme,
        "url.template": template,
        "http.response.status_code": int(status) if answered else None,
    }
    name = f"{method} {template}" if template else method
    error = status if answered and status >= "400" else None if answered else "no-answer"
    return Span(new_span(call.span.trace), name, began, ended, said, call.span, "client", error)


def path_template(url: httpx.URL) -> str:
    """Return the path of a call of Notion without what it is about; of other addresses nobody knows which words are."""
    return "/".join(part if part in _WORDS else "{id}" for part in url.path.split("/"))


def _hosts(provider: Provider) -> set[str]:
    ends = (provider.token_url, provider.revoke_url or "")
    return {*provider.hosts, *(host for end in ends if (host := urlsplit(end).hostname))}
