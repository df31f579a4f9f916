"""What runs do: with what a careless provider repeats, with stores that are away, with lost grants."""

from __future__ import annotations

import json
import secrets
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from local.demo import HANDLE
from local.order import ORDER
from tests.conftest import eventually
from tests.sweep.world import World
from vault.opening import open_vault

SEES_ADDRESSES = ("trigger", "operate", "admin")


async def runs_are_careless(world: World) -> None:
    """With what a provider repeats, in results, logs, stores and errors; with a token that has to be refreshed."""
    key = world.ledger.add("secret variable", f"variable/+{secrets.token_urlsafe(24)}")
    await world.cli("variables", "set", "Careless", "ACME_KEY", "--secret", "--host", "api.acme.test", stdin=key)
    assert "[secret]" in json.dumps(await world.ends("completed", path="repeats"))
    await world.ends("completed", path="repeats", basic=True)
    assert "[secret]" in json.dumps(await world.ends("failed", path="fails"))
    world.acme.busy = 1
    world.acme.retire()
    await world.ends("completed", path="retired")
    order = {
        **ORDER,
        "name": "#2",
        "total_price": "500",
        "line_items": [{"title": "t" * 2_100, "quantity": 1, "price": 1}],
    }
    await world.until(await world.run("OrderFanOut", **order), "failed")
    waiting = await world.run("ApproveOrder", name="#3", total_price=500)

    async def link() -> str:
        (step,) = (await world.visitor.get(f"/api/v1/runs/{waiting}"))["waiting"]
        return step["resume_url"]

    address = await eventually(link, seconds=90)
    may = [f"answer * to {who}: GET /*runs/*, body" for who in ("operate", "admin")]
    world.ledger.add(
        "resume link",
        address.rpartition(".")[2],
        *may,
        "history of *",
        "database of temporal",
        "answer * to *: GET /resume/* 200, body",
    )
    async with world.record.client("an approver") as http:
        await http.get(address, headers={"Accept": "text/html"})
        await http.post(f"{address[:-2]}xx", json={})
        await http.post(f"{address}?decision=decline", json={})


async def a_grant_is_lost(world: World) -> None:
    """So that somebody is told, and connects the account again."""
    world.acme.lost = True
    world.acme.retire()
    run = await world.run(path="retired")

    async def needed() -> bool:
        return (await world.visitor.get("/api/v1/connections/acme-crm"))["status"] == "needs_reauthorization"

    await eventually(needed, seconds=90)
    asked = await world.begin("/connections/acme-crm/reconnect")
    await world.come_back("acme", state=asked["state"], code=world.code("reconnects"))
    await world.until(run, "completed")
    world.acme.lost = False


async def stores_are_away(world: World) -> None:
    """OpenBao sealed and PostgreSQL stopped, in the middle of what needs them."""
    asked = await world.begin("/connections/add/acme", handle="sealed")
    with world.sealed():
        await world.come_back("acme", state=asked["state"], code=world.code("sealed"))
        sealed = await world.run(path="repeats")
        await world.logged("worker", "sealed")
        await world.http.get(f"{world.api}/readyz")
    await world.until(sealed, "completed")
    asked = await world.begin("/connections/add/acme", handle="stopped")
    stopped = await world.run(path="repeats", delay=1)
    with world.without_database():
        await world.come_back("acme", state=asked["state"], code=world.code("stopped"))
        for path in ("/api/v1/connections", "/connections", "/", "/readyz"):
            await world.http.get(f"{world.api}{path}", headers={"Accept": "text/html"})
        async with world.record.client("a sender") as http:
            await http.get("/api/v1/runs", headers={"Authorization": f"Bearer {world.keys['read']}"})
    await world.until(stopped, "completed")
    assert any(" 503, " in place for place in world.record.places)


async def secrets_are_read(world: World) -> None:
    """What the vault holds of Notion is read as the worker reads it."""
    stack = world.stack
    settings = stack.settings.model_copy(
        update={"openbao_role_id": "steps-worker", "openbao_secret_id": SecretStr(world.openbao.secret_id("worker"))}
    )
    vault = await open_vault(settings.vault_url, None, settings.master_key_path, settings, may="open")
    try:
        tokens = (await vault.connections.open(HANDLE)).tokens
    finally:
        await vault.close()
    assert tokens.refresh is not None
    world.ledger.add("Notion's access token", tokens.access.reveal())
    world.ledger.add("Notion's refresh token", tokens.refresh.reveal())
    for address in world.visitor.visited:
        world.ledger.add("Notion's code", parse_qs(urlsplit(address).query)["code"][0])
