from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Iterable, Sequence
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import IO, ClassVar
from urllib.parse import urlsplit

import httpx

from activities.allowed import AllowedHosts
from activities.answer import plain
from activities.body import CappedTransport
from activities.exchange import Exchange
from activities.network import GuardedBackend, Resolver, resolve
from activities.observed import ObservedTransport
from activities.route import RoutedTransport
from settings import Settings, is_loopback, origin_of
from steps.errors import EgressDenied, FetchFailed, RequestInvalid
from steps.http import Response
from vault import Provider

MOST_REDIRECTS = 5

# What goes on to another origin of what an author has set: any other header may be a key that was meant for the first.
_CARRIED_ON = frozenset(
    {"accept", "accept-encoding", "accept-language", "connection", "content-length", "content-type", "host",
     "transfer-encoding", "user-agent"}
)  # fmt: skip
_CONNECT_SECONDS = 10.0
_PORTS = {"http": 80, "https": 443}

# They log whole addresses, whose query may hold what nobody should read, and at DEBUG the headers too.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)


class TooManyRedirects(FetchFailed):
    """Say that the addresses lead in a circle, or nearly so."""

    retryable: ClassVar[bool] = False


class Egress:
    """Send requests to the outside: to public addresses only, with answers capped, and nothing kept between them."""

    def __init__(self, settings: Settings, resolver: Resolver = resolve, providers: Sequence[Provider] = ()) -> None:
        self._allowed = AllowedHosts(settings.egress_hosts, settings.egress_private_hosts)
        most = settings.max_running_steps
        outside = provider = route = guarded_transport(settings.egress_private_hosts, most, resolver)
        if places := _places_near(providers):
            # What the configuration of providers names on this machine is reached for these end points and hosts only.
            near = guarded_transport([host_and_port(httpx.URL(place)) for place in places], most)
            provider = RoutedTransport(outside, near, {place: place for place in places})
            stand_ins = {f"https://{host}": origin for one in providers for host, origin in one.stand_ins.items()}
            route = RoutedTransport(outside, near, stand_ins)
        route, provider = ObservedTransport(route, providers), ObservedTransport(provider, providers)
        self._client = _client(route, settings.max_response_bytes)
        self._files = _client(route, settings.max_upload_bytes, "STEPS_MAX_UPLOAD_BYTES")
        # For the end points that the configuration names, and no workflow.
        self._provider = _client(provider, settings.max_response_bytes)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
        await self._files.aclose()
        await self._provider.aclose()

    async def send(
        self, request: httpx.Request, exchange: Exchange, auth: httpx.Auth | None, seconds: float
    ) -> Response:
        """Send a request and return the answer, all within the seconds; with `auth` no redirect is followed.

        Raises:
            FetchFailed: NotSent or NoAnswer, as far as the request came.
            StepsError: the request was refused, here or by `auth`.
        """
        if auth is not None:  # which knows the hosts of what it opens
            return await _send(self._client, request, exchange, auth, seconds)
        return await _send(self._client, request, exchange, None, seconds, self._allowed)

    async def download(self, request: httpx.Request, exchange: Exchange, seconds: float, into: IO[bytes]) -> Response:
        """Write what is answered into a file, and return the answer without it; raises as `send`.

        There is no `auth`: what a server sends back of a secret could not be taken out of a file.
        """
        return await _send(self._files, request, exchange, None, seconds, self._allowed, into)

    async def send_to_provider(self, request: httpx.Request, exchange: Exchange, seconds: float) -> Response:
        """Send a request to a provider's own end point."""
        return await _send(self._provider, request, exchange, None, seconds)


def _places_near(providers: Sequence[Provider]) -> set[str]:
    places: set[str] = set()
    for provider in providers:
        end_points = [provider.token_url, provider.revoke_url or "", *provider.stand_ins.values()]
        places |= {origin_of(url) for url in end_points if url and is_loopback(urlsplit(url).hostname or "")}
    return places


def check_address(url: httpx.URL) -> None:
    """Refuse an address that no request should go to, whatever is behind it.

    Raises:
        RequestInvalid: it is no http or https address, or holds a password.
    """
    try:
        host = url.host  # decoded only now, where the name is an international one
    except UnicodeError:
        raise RequestInvalid("The address names a host that cannot be.") from None
    if url.scheme not in _PORTS or not host:
        raise RequestInvalid(f"An address begins with https:// or http:// and a host, not with {url.scheme[:20]!r}.")
    if url.userinfo:
        raise RequestInvalid(f"The address at {host} holds a user name or password; put it into a header.")


def host_and_port(url: httpx.URL) -> str:
    """Return `host:port`, the port also where it is the scheme's own."""
    host = f"[{url.host}]" if ":" in url.host else url.host
    return f"{host}:{_PORTS[url.scheme] if url.port is None else url.port}"


def guarded_transport(private: Iterable[str], most: int, resolver: Resolver = resolve) -> httpx.AsyncHTTPTransport:
    """Return a transport that reaches public addresses and the private ones named, by no proxy."""
    limits = httpx.Limits(max_connections=most, max_keepalive_connections=20)
    transport = httpx.AsyncHTTPTransport(verify=_trust(), trust_env=False, limits=limits)
    # httpx has no public place for it; without the guard nothing may be sent.
    if not hasattr(transport._pool, "_network_backend"):  # pyright: ignore  # as the line above says
        raise RuntimeError("This httpx cannot be guarded; install the version that requirements.lock names")
    transport._pool._network_backend = GuardedBackend(private, resolver)  # pyright: ignore  # the same
    return transport


@cache
def _trust() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)  # reading the authorities takes longer than all the rest


def _client(
    transport: httpx.AsyncBaseTransport, cap: int, setting: str = "STEPS_MAX_RESPONSE_BYTES"
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=CappedTransport(transport, cap, setting),
        trust_env=False,
        follow_redirects=False,
        # The whole exchange has its own limit; httpx's would count each read anew.
        timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS),
        # The client is every workflow's; a cookie kept would be sent for another.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
        headers={"User-Agent": "durable-steps"},
    )


async def _send(
    client: httpx.AsyncClient,
    request: httpx.Request,
    exchange: Exchange,
    auth: httpx.Auth | None,
    seconds: float,
    allowed: AllowedHosts | None = None,
    into: IO[bytes] | None = None,
) -> Response:
    # Without `allowed` no redirect is followed: the request is for one host, and holds what only that host may see.
    prepared = client.build_request(
        request.method,
        request.url,
        headers=request.headers,
        content=request.content,
        extensions={"trace": exchange.note},
    )
    try:
        async with asyncio.timeout(seconds):
            answer = await _follow(client, prepared, auth, allowed, stream=into is not None)
            if into is not None:
                await _write(answer, into)
                return Response(status=answer.status_code, url=exchange.scrubber.clean(str(answer.url)))
            return plain(answer, exchange.scrubber)
    except TimeoutError:
        failure = exchange.timed_out(seconds)
    except (httpx.HTTPError, httpx.InvalidURL, OSError, UnicodeError) as error:
        failure = exchange.broke(error)
    # Not inside `except`: the error would come along as the context, and it holds the request with its opened headers.
    raise failure


async def _follow(
    client: httpx.AsyncClient,
    request: httpx.Request,
    auth: httpx.Auth | None,
    allowed: AllowedHosts | None,
    *,
    stream: bool,
) -> httpx.Response:
    for _ in range(MOST_REDIRECTS + 1):
        if allowed is not None:
            allowed.check(request.url)
        answer = await client.send(request, auth=auth, stream=stream)
        if allowed is None or answer.next_request is None:
            return answer
        await answer.aclose()
        before, request = request, answer.next_request
        check_address(request.url)
        if before.url.scheme == "https" and request.url.scheme != "https":
            raise EgressDenied(f"{before.url.host} redirected from https to http, to {request.url.host}; not followed.")
        if (before.url.scheme, before.url.netloc) != (request.url.scheme, request.url.netloc):
            for name in [name for name in request.headers if name not in _CARRIED_ON]:
                del request.headers[name]
    raise TooManyRedirects(f"{request.url.host} redirected more than {MOST_REDIRECTS} times.")


async def _write(answer: httpx.Response, into: IO[bytes]) -> None:
    try:
        async for chunk in answer.aiter_raw():
            await asyncio.to_thread(into.write, chunk)
    finally:
        await answer.aclose()
