"""What others send: deliveries to triggers, and Notion's events; each also with what is not good."""

from __future__ import annotations

import json
import secrets

from api.signatures import signature_of
from local.order import ORDER
from steps.signed import NotionSigned, Shopify
from tests.sweep.world import World
from vault import Secret

SEES_ADDRESSES = ("trigger", "operate", "admin")


async def triggers_are_sent(world: World) -> None:
    """By an address, signed, by a header that holds the secret; and wrongly."""
    found = {item["name"]: item["hook_url"] for item in await world.visitor.get("/api/v1/workflows")}
    rotated = (await world.cli("triggers", "rotate", "FromShop")).strip()
    for name, address in found.items() | {("FromShop", rotated)}:
        of = [
            f"answer * to {who}: GET {path} 200, body" for who in SEES_ADDRESSES for path in ("/", "/api/v1/workflows")
        ]
        world.ledger.add(f"address of {name}", address.rpartition("/")[2], *of, "command triggers rotate *")
    headers = {
        "Authorization": "Bearer " + world.ledger.add("sender's own key", secrets.token_urlsafe(32)),
        "Cookie": "a=" + world.ledger.add("sender's cookie", secrets.token_urlsafe(32)),
    }
    signing = {
        name: world.ledger.add(f"secret of {name}", f"{name}-{secrets.token_urlsafe(24)}")
        for name in ("FromShop", "FromForm")
    }
    for name, secret in signing.items():
        await world.cli("triggers", "secret", name, stdin=f"{secret}\n")
    raw = json.dumps({**ORDER, "name": "#1"}).encode()
    good = {
        "FromShop": {Shopify.header: signature_of(Shopify(), Secret(signing["FromShop"]), raw)},
        "FromForm": {"X-Form-Secret": signing["FromForm"]},
        "Careless": {},
    }
    async with world.record.client("a sender", **{"Content-Type": "application/json"}) as http:
        for name, signed in good.items():
            body = raw if signed else json.dumps({"path": "fails"}).encode()
            address = found[name]  # the one before is still good, and the API takes the new one a moment later
            sent = await http.post(address, content=body, headers=headers | signed)
            assert sent.status_code == 202, sent.text
            world.runs.append(sent.json()["id"])
            for header, value in signed.items():
                wrong = await http.post(address, content=raw + b" ", headers={header: f"{value}="})
                assert wrong.is_client_error, wrong.text
    for run, status in zip(world.runs[-3:], ("completed", "completed", "failed"), strict=True):
        await world.until(run, status)


async def notion_sends_events(world: World) -> None:
    """After its verification token has come, and was shown to an operator."""
    address = (await world.visitor.get("/api/v1/webhooks/notion"))["address"]
    may = ("answer * to admin: GET /api/v1/webhooks/notion 200, body",)
    world.ledger.add("address for events", address.rpartition("/")[2], *may, "command webhooks notion*")
    token = Secret(
        world.ledger.add(
            "verification token",
            f"secret_{secrets.token_urlsafe(32)}",
            "command webhooks notion --token",
            "answer * to admin: POST /api/v1/webhooks/notion/reveal 200, body",
        )
    )
    async with world.record.client("Notion") as http:
        for body in (
            {"verification_token": token.reveal()},
            {"id": "e1", "type": "page.created"},
            {"verification_token": f"{token.reveal()} "},
        ):
            raw = json.dumps(body).encode()
            signed = {"Content-Type": "application/json", NotionSigned.header: signature_of(NotionSigned(), token, raw)}
            await http.post(address, content=raw, headers=signed)
    await world.cli("webhooks", "notion", "--token")
    await world.http.post(f"{world.api}/api/v1/webhooks/notion/reveal")
