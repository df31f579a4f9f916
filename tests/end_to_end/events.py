"""Subscribing to Notion's events."""

from __future__ import annotations

import json
import secrets

from api.handshakes import signature_of
from tests.end_to_end.conftest import Shop
from tests.end_to_end.test_commands import command
from vault import Secret


async def subscribed(shop: Shop) -> str:
    """Do what Notion and the operator do, and send an event of a page that nobody knows; return the token."""
    address = (await shop.visitor.get("/api/v1/webhooks/notion"))["address"]
    token = Secret(f"secret_{secrets.token_urlsafe(32)}")
    for body in ({"verification_token": token.reveal()}, {"id": "e1", "type": "page.created"}):
        raw = json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "X-Notion-Signature": signature_of(token, raw)}
        answer = await shop.visitor.http.post(address, content=raw, headers=headers)
        assert answer.status_code == 200, answer.text
        assert await shown_token(shop) == token.reveal()
    assert (await shop.visitor.get("/api/v1/webhooks/notion"))["state"] == "verified"
    return token.reveal()


async def shown_token(shop: Shop) -> str:
    """Return the newest token as an operator sees it: by the command line, for whatever the API answers is swept."""
    newest = (await shop.visitor.get("/api/v1/webhooks/notion"))["tokens"][0]["id"]
    return (await command(shop, "webhooks", "notion", "--token", "--id", newest)).strip()
