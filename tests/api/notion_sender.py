"""Notion, as the sender of events."""

from __future__ import annotations

import json
import uuid
from typing import Any

import httpx

from api.handshakes import signature_of
from api.webhooks import events_address
from tests.api.conftest import Place
from vault import Account, Secret, Tokens

TOKEN = Secret("secret_canary_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlc")
WORKSPACE = "8c2f3d3f-0f8f-4a44-9a3a-2f0f6d6f7a11"


def bot(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


async def connect(place: Place, handle: str, number: int, workspace: str = WORKSPACE) -> None:
    tokens = Tokens(Secret("a"), Secret("r"))
    await place.vault.connections.save(handle, "notion", Account(bot(number), workspace, "Shop"), tokens)


def event(kind: str = "page.properties_updated", *, bots: list[str] | None = None, **parts: Any) -> dict[str, Any]:
    """Return an event as Notion documents it; without `bots` as an internal connection gets it."""
    known = {} if bots is None else {"accessible_by": [{"id": one, "type": "bot"} for one in bots]}
    return {
        "id": str(uuid.uuid4()),
        "timestamp": "2026-11-23T10:00:00.000Z",
        "workspace_id": WORKSPACE,
        "workspace_name": "Shop",
        "subscription_id": "29d75c0d-5546-4414-8459-7b7a92f1fc4b",
        "integration_id": "0ef2e755-4912-8096-91c1-00376a88a5ca",
        "type": kind,
        "authors": [{"id": "c7c11cca-1d73-471d-9b6e-bdef51470190", "type": "person"}],
        **known,
        "attempt_number": 1,
        "api_version": "2026-03-11",
        "entity": {"id": "153104cd-477e-809d-8dc4-ff2d96ae3090", "type": "page"},
        "data": {
            "parent": {"id": "36cc9195-760f-4fff-a67e-3a46c559b176", "type": "database"},
            "updated_properties": [],
        },
        **parts,
    }


async def post(place: Place, raw: bytes, given: dict[str, str], path: str | None = None) -> httpx.Response:
    address = path or events_address(place.settings, place.app.state.services.signer)
    headers = httpx.Headers({"Content-Type": "application/json", **given}, encoding="utf-8")
    transport = httpx.ASGITransport(place.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://steps.test") as sender:
        return await sender.post(address, content=raw, headers=headers)


async def send(place: Place, body: dict[str, Any], token: Secret = TOKEN) -> httpx.Response:
    raw = json.dumps(body, ensure_ascii=False).encode()
    return await post(place, raw, {"X-Notion-Signature": signature_of(token, raw)})


async def handshake(place: Place, token: Secret = TOKEN) -> httpx.Response:
    return await send(place, {"verification_token": token.reveal()}, token)


async def set_up(place: Place, token: Secret = TOKEN) -> None:
    """Do what Notion and the operator do before the first event comes."""
    assert (await handshake(place, token)).json()["verification"] == "received"
    newest = (await place.vault.webhook_tokens.list("notion"))[0]
    await place.vault.webhook_tokens.reveal("notion", newest.id)
