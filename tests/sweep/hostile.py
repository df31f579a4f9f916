"""A provider that says back whatever it is told: every answer, good or bad, repeats the request."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

from tests.activities.servers import Answer, Call, Server, reply, serving
from tests.sweep.ledger import Ledger


class Hostile:
    """Hand out tokens, and be as careless with them as a server can be."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.server = Server(self.answer)
        self.access = ""
        self.busy = 0
        """How many refreshes are told to come again."""
        self.lost = False
        """Whether refresh tokens are taken."""
        self.events: list[bytes] = []
        self.held, self.over = asyncio.Event(), asyncio.Event()
        """Set when a call hangs in the air, and when it need not any longer."""

    async def answer(self, call: Call) -> Answer:
        """Answer one call."""
        match call.path:
            case "/token":
                return self._token(call)
            case "/me":
                return self._said(call, 200, id="account", name="Acme")
            case "/retired" if call.headers.get("authorization") != f"Bearer {self.access}":
                return self._said(call, 401)
            case "/fails" | "/revoke":
                return self._said(call, 400, error="invalid_request")
            case "/slow":
                self.held.set()
                await self.over.wait()
                return None
            case "/cut":
                return None
            case "/events":
                self.events.append(f"{call.headers}".encode() + call.body)
                return reply(204)
            case _:
                return self._said(call, 200)

    def retire(self) -> None:
        """Take no access token any more that there is now."""
        self.access = ""

    def _token(self, call: Call) -> bytes:
        form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        if form["grant_type"] == "refresh_token":
            if self.busy:
                self.busy -= 1
                return self._said(call, 429, error=f"busy with {form['refresh_token']}")
            if self.lost:
                return self._said(call, 400, error="invalid_grant", error_description=form["refresh_token"])
        elif "refused" in form["code"]:
            said = f"unknown code {form['code']} of {call.headers.get('authorization') or form['client_secret']}"
            return self._said(call, 400, error=said, error_description=f"{said} {form['code_verifier']}")
        self.access = self._ledger.add("acme's access token", f"acme-access-{secrets.token_urlsafe(24)}")
        refresh = self._ledger.add("acme's refresh token", f"acme-refresh-{secrets.token_urlsafe(24)}")
        return self._said(call, 200, access_token=self.access, refresh_token=refresh, token_type="Bearer")

    def _said(self, call: Call, status: int, **more: str) -> bytes:
        said = {"target": call.target, "headers": call.headers, "body": call.body.decode()}
        if token := call.headers.get("authorization"):
            self._ledger.add("an Authorization header", token)
        return reply(status, {"said": said, **more}, {"X-Said": call.headers.get("authorization", "nothing")})


@asynccontextmanager
async def hostile(ledger: Ledger) -> AsyncGenerator[Hostile]:
    """Serve it on this machine."""
    provider = Hostile(ledger)
    async with serving(provider.answer) as server:
        provider.server = server
        try:
            yield provider
        finally:
            provider.over.set()
