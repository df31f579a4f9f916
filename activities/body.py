from __future__ import annotations

from collections.abc import AsyncIterator
from typing import ClassVar, cast

import httpx

from steps.errors import FetchFailed, ResponseTooLarge


class AnswerCompressed(FetchFailed):
    """Refuse an answer in a compressed form, whose size nobody can tell beforehand."""

    retryable: ClassVar[bool] = False


class CappedTransport(httpx.AsyncBaseTransport):
    """Take in no more than `limit` bytes of an answer.

    In the transport, and not where the answer is used: httpx itself reads a whole answer before it sends again.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, limit: int, setting: str = "STEPS_MAX_RESPONSE_BYTES") -> None:
        self._inner, self._limit, self._setting = inner, limit, setting

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask for the plain form, refuse any other, and count what comes."""
        request.headers["Accept-Encoding"] = "identity"
        response = await self._inner.handle_async_request(request)
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in ("", "identity"):
            await response.aclose()
            raise AnswerCompressed(
                f"{request.url.host} answered {response.status_code} in a compressed form, although it was asked for "
                "the plain one. The request itself was made."
            )
        stream = cast("httpx.AsyncByteStream", response.stream)  # what an async transport returns
        response.stream = _CappedStream(stream, self._limit, self._setting, request.url.host)
        return response

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


class _CappedStream(httpx.AsyncByteStream):
    def __init__(self, inner: httpx.AsyncByteStream, limit: int, setting: str, host: str) -> None:
        self._inner, self._limit, self._setting, self._host = inner, limit, setting, host

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for chunk in self._inner:
            taken += len(chunk)
            if taken > self._limit:
                raise ResponseTooLarge(
                    f"The answer of {self._host} is larger than the cap of {self._limit} bytes "
                    f"({self._setting}). The request itself was made."
                )
            yield chunk

    async def aclose(self) -> None:
        await self._inner.aclose()
