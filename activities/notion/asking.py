from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import httpx

from activities.notion.refusal import Refusal
from activities.sending import Sender, Sent
from settings import NOTION_ORIGIN
from steps.errors import FetchFailed, ResponseTooLarge
from steps.http import Lane
from steps.parts import a_list, is_object, parse_object

_SECONDS = 30.0
_PAGE = 100
_MOST_PAGES = 100


class CannotLook(Exception):
    """Say why nobody can tell whether a write was made."""


class TokenRefused(Exception):
    """Carry the answer to a call whose token is good for nothing any more."""

    def __init__(self, sent: Sent) -> None:
        super().__init__()
        self.sent = sent


class Asking:
    """Ask Notion what is there, on behalf of a request: with its token, in its version."""

    def __init__(
        self, sender: Sender, token: str, version: str, workflow: str, handle: str, lane: Lane, *, turned: bool = False
    ) -> None:
        self._sender, self._token, self.version = sender, token, version
        self._workflow, self._handle, self._turned = workflow, handle, turned
        self._lane: Lane = lane

    async def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """Return an object.

        Raises:
            CannotLook: Notion refuses to tell.
            TokenRefused: the token is good for nothing any more.
            FailureError, FetchFailed: it may be asked again later.
        """
        return await self._ask(httpx.Request("GET", NOTION_ORIGIN + path, params=params or None), self.version)

    def list(self, path: str, **params: str | int) -> AsyncIterator[dict[str, Any]]:
        """Give each object of a list; raises as `get`."""
        return self._each(path, lambda place: self.get(path, **params, **place))

    def query(self, path: str, version: str, body: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Give each page that a query finds; raises as `get`."""

        def ask(place: Mapping[str, Any]) -> Awaitable[dict[str, Any]]:
            return self._ask(httpx.Request("POST", NOTION_ORIGIN + path, json={**body, **place}), version)

        return self._each(path, ask)

    async def _each(
        self, path: str, ask: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
    ) -> AsyncIterator[dict[str, Any]]:
        place: dict[str, Any] = {"page_size": _PAGE}
        for _ in range(_MOST_PAGES):
            try:
                answer = await ask(place)
            except ResponseTooLarge:
                if place["page_size"] == 1:
                    raise
                place = {**place, "page_size": max(1, place["page_size"] // 5)}
                continue
            for each in _results(answer):
                yield each
            if not answer.get("has_more"):
                return
            place = {**place, "start_cursor": str(answer.get("next_cursor"))}
        raise CannotLook(f"{path} has too many entries to look through")

    async def _ask(self, request: httpx.Request, version: str) -> dict[str, Any]:
        request.headers["Authorization"] = self._token
        request.headers["Notion-Version"] = version
        request.headers["Accept"] = "application/json"
        sent = await self._sender.send(request, self._workflow, _SECONDS, self._lane, turned=self._turned)
        body = parse_object(sent.answer.text)
        if sent.answer.ok and body is not None:
            return body
        refusal = Refusal.of(sent.answer, body)
        if refusal.status == 401:
            raise TokenRefused(sent)
        if refusal.nothing_done or refusal.outage:
            raise refusal.failure(self._handle, repeatable=True)
        if sent.answer.ok:
            raise FetchFailed(f"{request.method} {request.url.path} was answered with what is no JSON object.")
        raise CannotLook(f"Notion {refusal.status} {refusal.code} at {request.method} {request.url.path}")


def _results(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [each for each in a_list(answer.get("results")) if is_object(each)]
