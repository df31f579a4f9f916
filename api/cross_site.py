from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.answers import respond
from api.codec_cors import from_origin
from api.problems import CrossSiteRefused
from settings import origin_of

_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_WITHOUT_COOKIE = ("/hooks/", "/resume/")
_FOR_PROGRAMS = ("/api/", "/codec/")


class CrossSite:
    """Refuse what another site makes a browser send: forms that would use the signed-in browser's cookie.

    But for one path that one other origin may use, where there is one: see `api/codec_cors.py`.
    """

    def __init__(self, app: ASGIApp, public_url: str, shared_path: str = "", shared_with: str | None = None) -> None:
        self.app = app
        self.origin = origin_of(public_url)
        self.shared_path, self.shared_with = shared_path, shared_with

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes from our own pages or from a program."""
        if scope["type"] == "http" and scope["method"] not in _SAFE and not self._allowed(scope):
            error = CrossSiteRefused(f"Only pages of {self.origin} may send this. Open it there and try again.")
            await respond(scope, error)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _allowed(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        # Triggers and links that resume are public and read no cookie.
        if scope["path"].startswith(_WITHOUT_COOKIE):
            return True
        # There the key counts alone, and another site's page cannot set the header without our consent. Pages read
        # the cookie whatever else is sent.
        if scope["path"].startswith(_FOR_PROGRAMS) and "authorization" in headers:
            return True
        if from_origin(scope, self.shared_path, self.shared_with):
            return True
        if site := headers.get("sec-fetch-site"):
            return site in ("same-origin", "none")
        if origin := headers.get("origin"):
            return origin.lower() == self.origin
        # Neither header: a program, or a browser so old that nothing shows whose page it sends. A program has no
        # cookie, and no form to send.
        return scope["path"].startswith(_FOR_PROGRAMS) and "cookie" not in headers
