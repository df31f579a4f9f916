from __future__ import annotations

from collections.abc import Mapping

import httpx


class RoutedTransport(httpx.AsyncBaseTransport):
    """Send what is for certain origins to others on this machine, and everything else where it should go.

    It sits below authentication, so that a seal is judged by the address that the workflow gave.
    """

    def __init__(
        self, outside: httpx.AsyncBaseTransport, near: httpx.AsyncBaseTransport, moved: Mapping[str, str]
    ) -> None:
        self._outside, self._near = outside, near
        self._moved = {_origin(httpx.URL(one)): httpx.URL(other) for one, other in moved.items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; its Host header stays."""
        url = request.url
        place = self._moved.get(_origin(url))
        if place is None:
            return await self._outside.handle_async_request(request)
        moved = url.copy_with(scheme=place.scheme, host=place.host, port=place.port)
        return await self._near.handle_async_request(
            httpx.Request(
                request.method, moved, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        )

    async def aclose(self) -> None:
        """Close the connections of both."""
        await self._outside.aclose()
        await self._near.aclose()


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
