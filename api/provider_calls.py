"""Calls of the API to a provider's own end points: bounded in time and size, with nothing of them in logs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import httpx

from api.oauth_problems import ProviderUnreachable
from steps.parts import parse_object

logger = logging.getLogger("api")

AGAIN = "Nothing was stored. Start the connection again."

_LARGEST_ANSWER = 65_536
_LONGEST_SECONDS = 15.0
_LONGEST_TEXT = 200


async def call(http: httpx.AsyncClient, title: str, request: httpx.Request) -> tuple[int, dict[str, Any]]:
    """Return the status and the JSON object of the answer, an empty one where there is none.

    Raises:
        ProviderUnreachable: there was no answer, or one that is too large.
    """
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            response = await http.send(request, stream=True, follow_redirects=False)
            try:
                return response.status_code, parse_object(await _read(response, title)) or {}
            finally:
                await response.aclose()
    except (httpx.HTTPError, TimeoutError) as error:
        # Its type alone: the text of some of these holds what was sent.
        logger.warning("%s did not answer: %s", title, type(error).__name__)
        raise ProviderUnreachable(f"{title} did not answer. {AGAIN}") from None


async def _read(response: httpx.Response, title: str) -> bytes:
    # As they come over the wire: a compressed answer could unfold to any size.
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > _LARGEST_ANSWER:
            raise ProviderUnreachable(f"{title}'s answer is too large to be one. {AGAIN}")
    return body


def bounded(text: str) -> str:
    """Return a text from outside as one short printable line."""
    printable = "".join(character if character.isprintable() else " " for character in text[: _LONGEST_TEXT + 1])
    return printable if len(printable) <= _LONGEST_TEXT else printable[:_LONGEST_TEXT] + "…"
