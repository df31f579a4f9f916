"""Pages that change by themselves, by server-sent events: `stream` is the answer of a route.

It ends when the session is over, when the browser leaves, and when the process is told to stop. A browser comes back by
itself and says what it has seen last (`Last-Event-ID`, or `seen` in the address), so that nothing is sent twice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Hashable, Iterable
from typing import Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response, StreamingResponse
from starlette.types import Send

from api.feeds import Feed, Look, mark_of
from api.persons import scopes_of
from api.services import Services, services_of
from vault import VaultError
from vault.scopes import READ, covers

T = TypeVar("T", bound=BaseModel)
Events = Iterable[tuple[str, str]]
"""Names of events, each with its HTML."""
Render = Callable[[T, T | None], Events]
"""Make events of what is seen now and, if anything, what this stream has sent before."""

OVER = "over"
"""The event after which a browser asks no more, and the stream ends: `sse-close="over"`."""
_COME_BACK = "retry: 2000\n\n"
_HEARTBEAT = ": still here\n\n"  # so that no proxy takes the silence for the end
_HEADERS = {"X-Accel-Buffering": "no"}  # nginx would keep the events until it has a buffer full


async def stream(
    request: Request,
    look: Look[T],
    render: Render[T],
    *,
    key: Hashable,
    seen: str = "",
    opening: Events = (),
    signed_out: Events = (),
) -> Response:
    """Return an answer that tells what changes in what `look` returns, for as long as somebody is there to read.

    The route declares `page_needs("read")`. All streams of one `key` share one look: it must not depend on who asks.
    `seen` is the mark of what the page shows already (`mark_of`); `opening` is sent at once, `signed_out` at the end of
    the session.

    Raises:
        TooManyStreams: and whatever the first look raises, as an answer of its own.
    """
    services = services_of(request)
    first = await services.feeds.first(key, look)
    known = request.headers.get("last-event-id") or seen
    told = _Stream(services, request.state.session.id, render, known)
    return _Response(told.events(key, look, first, opening, signed_out))


class _Response(StreamingResponse):
    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[str]) -> None:
        super().__init__(events, headers=_HEADERS)
        self._events = events

    async def stream_response(self, send: Send) -> None:
        # A browser that leaves ends the generator here and now, and not when the garbage is collected.
        async with contextlib.aclosing(self._events):
            await super().stream_response(send)


class _Stream(Generic[T]):
    def __init__(self, services: Services, session_id: str, render: Render[T], mark: str) -> None:
        self._services, self._session_id, self._render = services, session_id, render
        self._mark = mark
        self._sent: T | None = None
        self._spoke_at = 0.0
        self._told_all = False

    async def events(
        self, key: Hashable, look: Look[T], first: T, opening: Events, signed_out: Events
    ) -> AsyncGenerator[str]:
        """Write the events until it is over."""
        feeds, pace = self._services.feeds, self._services.live_pace
        yield self._said(_COME_BACK + _written(opening))
        if mark_of(first) == self._mark:
            self._sent = first  # the page that opened the stream shows it
        with feeds.joined(key, look, first) as feed:
            while not (feeds.closed or feed.over or self._told_all):
                if not (goes_on := await self._goes_on()):
                    if goes_on is False:
                        yield _written(signed_out) + _written([(OVER, "")])
                    return
                if feed.mark != self._mark:
                    yield self._said(self._changes(feed))
                elif asyncio.get_running_loop().time() - self._spoke_at >= pace.heartbeat:
                    yield self._said(_HEARTBEAT)
                if feed.mark == self._mark and not (feeds.closed or feed.over or self._told_all):
                    await feed.change(min(pace.session, pace.heartbeat))

    def _changes(self, feed: Feed[T]) -> str:
        seen, before = feed.seen, self._sent
        self._sent, self._mark = seen, feed.mark
        events = list(self._render(seen, before))
        self._told_all = any(name == OVER for name, _ in events)
        return f"id: {feed.mark}\n{_written(events)}"

    def _said(self, text: str) -> str:
        self._spoke_at = asyncio.get_running_loop().time()
        return text

    async def _goes_on(self) -> bool | None:
        """Tell whether the session does; None when nobody can tell. To be looked at is no use of it."""
        try:
            session = await (await self._services.vault()).sessions.find(self._session_id)
        except VaultError:
            return None
        return session is not None and covers(scopes_of(self._services.settings, session), (READ,))


def _written(events: Events) -> str:
    """Write events as they go over the wire; a line of HTML is a line of data."""
    return "".join(
        f"event: {name}\n" + "".join(f"data: {line}\n" for line in html.splitlines() or [""]) + "\n"
        for name, html in events
    )
