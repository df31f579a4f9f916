"""Senders that sign what they deliver, each in its own way."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime

import httpx
from standardwebhooks.webhooks import Webhook

from api.hooks import hook_address
from api.signatures import signature_of
from steps.signed import GitHub, NotionSigned, SharedHeader, Shopify, Signed, StandardWebhooks
from tests.api.conftest import Place
from vault import Secret

BODY = b'{"name": "#1001"}'
SECRET = Secret("whsec_" + base64.b64encode(b"k" * 32).decode())
OTHER = Secret("whsec_" + base64.b64encode(b"o" * 32).decode())
BY_WORKFLOW: dict[str, Signed] = {
    "FromShopify": Shopify(),
    "FromGitHub": GitHub(),
    "FromNotion": NotionSigned(),
    "FromStandard": StandardWebhooks(),
    "FromForm": SharedHeader("X-Trigger-Secret"),
}


def sign(
    signed: Signed, body: bytes = BODY, secret: Secret = SECRET, id: str = "msg_1", at: datetime | None = None
) -> dict[str, str]:
    if not isinstance(signed, StandardWebhooks):
        return {signed.header: signature_of(signed, secret, body)}
    at = at or datetime.now(UTC)
    signature = Webhook(secret.reveal()).sign(id, at, body.decode())
    return {"webhook-id": id, "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": signature}


async def deliver(
    place: Place,
    name: str,
    body: bytes = BODY,
    headers: Mapping[str, str] | None = None,
    query: str = "",
    host: str = "127.0.0.1",
) -> httpx.Response:
    address = hook_address(place.settings, place.app.state.services.signer, name) + query
    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.app, client=(host, 1))) as sender:
        told = {"Content-Type": "application/json", **(headers or {})}
        return await sender.post(address, content=body, headers=told)


async def put_secret(place: Place, name: str, secret: Secret, keep: int = 0) -> httpx.Response:
    async with place.program() as caller:
        body = {"secret": secret.reveal(), "keep_seconds": keep}
        return await caller.put(f"/api/v1/workflows/{name}/trigger-secret", json=body)
