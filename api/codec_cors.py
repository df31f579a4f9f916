from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ALLOWED_HEADERS = "authorization, content-type, x-namespace"


class CodecCors:
    """Let the pages of one other origin, the Temporal UI's, read one path with the signed-in browser's cookie."""

    def __init__(self, app: ASGIApp, path: str, origin: str | None) -> None:
        self.app, self.path, self.origin = app, path, origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer the browser's question beforehand, and mark every answer as readable there, an error's too."""
        if scope["type"] != "http" or not from_origin(scope, self.path, self.origin):
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            response = Response(status_code=204, headers={"Access-Control-Max-Age": "600"})
            response.headers["Access-Control-Allow-Methods"] = "POST"
            response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
            self._mark(response.headers)
            await response(scope, receive, send)
            return

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._mark(MutableHeaders(scope=message))
            await send(message)

        await self.app(scope, receive, send_marked)

    def _mark(self, headers: MutableHeaders) -> None:
        headers["Access-Control-Allow-Origin"] = self.origin or ""
        headers["Access-Control-Allow-Credentials"] = "true"
        headers.add_vary_header("Origin")


def from_origin(scope: Scope, path: str, origin: str | None) -> bool:
    """Tell whether a page of exactly this origin asks for exactly this path; a page cannot name another's origin."""
    return origin is not None and scope["path"] == path and Headers(scope=scope).getlist("origin") == [origin]
