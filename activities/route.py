from __future__ import annotations

import httpx

from settings import NOTION_ORIGIN


class RoutedTransport(httpx.AsyncBaseTransport):
    """Send what is for Notion to a stand-in on this machine, and everything else where it should go.

    It sits below authentication, so that a seal is judged by the address that the workflow gave.
    """

    def __init__(self, outside: httpx.AsyncBaseTransport, stand_in: httpx.AsyncBaseTransport, origin: str) -> None:
        self._outside, self._stand_in = outside, stand_in
        self._notion, self._origin = httpx.URL(NOTION_ORIGIN), httpx.URL(origin)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; its Host header stays."""
        url = request.url
        if _origin(url) != _origin(self._notion):
            return await self._outside.handle_async_request(request)
        moved = url.copy_with(scheme=self._origin.scheme, host=self._origin.host, port=self._origin.port)
        return await self._stand_in.handle_async_request(
            httpx.Request(
                request.method, moved, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        )

    async def aclose(self) -> None:
        """Close the connections of both."""
        await self._outside.aclose()
        await self._stand_in.aclose()


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port
