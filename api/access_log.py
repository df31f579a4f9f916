from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.telling import tell_of
from telemetry.place import REQUEST, Request

logger = logging.getLogger("api.access")


class AccessLog:
    """Log each answer by its route, never by its address: addresses hold secrets of triggers, codes and states.

    The line names the run that the request has started or woken.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and log method, route, status and milliseconds."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        noted = REQUEST.set(request := Request())
        status = 0

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_noted)
        finally:
            route = getattr(scope.get("route"), "path", "(no route)")
            seconds = time.perf_counter() - began
            logger.info("%s %s %s %.1f ms", scope["method"], route, status or "cut", seconds * 1000)
            tell_of(request, scope["method"], route, status, seconds, _traceparent(scope))
            REQUEST.reset(noted)


def _traceparent(scope: Scope) -> str | None:
    """Return what the caller says of its own trace."""
    found = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
    return found.decode("latin-1") if found else None
