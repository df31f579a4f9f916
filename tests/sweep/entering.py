"""Coming in: people sign in, keys are made, accounts are connected; each also with what is not good."""

from __future__ import annotations

import secrets
from urllib.parse import parse_qs, urlsplit

from local.demo import HANDLE, set_database, sign_in_link
from local.notion import ORDERS_DATABASE_ID
from tests.sweep.world import World
from vault.scopes import SCOPES

SEES_ADDRESSES = ("trigger", "operate", "admin")


async def people_sign_in(world: World) -> None:
    """With a one-time link, with a wrong one, at the OpenID provider, and there with what is not good."""
    link = await sign_in_link(world.stack)
    world.ledger.add("one-time link", link.rpartition("/")[2], "answer * to admin: GET /signin/*, body")
    await world.visitor.sign_in(link)
    again = await world.http.post(link)
    assert again.status_code == 400 or again.is_error, again.status_code
    for change in ({}, {"code": "refused"}, {"state": "foreign"}, {"iss": "https://evil.test"}):
        async with world.record.client("a person") as http:
            began = await http.post("/signin/openid", data={"next": "/connections"})
            back = await world.identity.sign_in(began.headers["location"], "ada")
            query = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
            world.ledger.add("code of a sign-in", query["code"])
            query |= {
                name: world.ledger.add(f"wrong {name}", f"{value}-0123456789abcdef") for name, value in change.items()
            }
            ended = await http.get("/oauth/signin/callback", params=query)
            assert (ended.headers["location"] == "/connections") is not bool(change), change
            await http.get(ended.headers["location"])


async def keys_are_made(world: World) -> None:
    """One of each scope, by the API; one by the command line; and what is no key is sent everywhere."""
    for scope in SCOPES:
        made = await world.visitor.post("/api/v1/keys", {"name": scope, "scopes": [scope]})
        world.keys[scope] = world.ledger.add(f"API key for {scope}", made["key"], f"{world.record.last}, body")
    made = await world.cli("keys", "create", "shell", "--scope", "read")
    world.ledger.add("API key of the command line", made.strip(), "command keys create *")
    wrong = world.ledger.add("wrong key", f"steps_{secrets.token_urlsafe(32)}")
    async with world.record.client("nobody") as http:
        header = {"Authorization": f"Bearer {wrong}"}
        await http.get("/api/v1/runs", headers=header)
        await http.get(
            f"/api/v1/runs?limit={wrong}&cursor={wrong}", headers={"Authorization": f"Bearer {world.keys['read']}"}
        )
        await http.post("/signin", data={"key": wrong, "next": wrong})
        await http.get(f"/signin?problem={wrong}&next={wrong}")
        await http.post(
            "/api/v1/keys",
            json={"name": "x", "scopes": [wrong], "expires_at": wrong, "more": wrong},
            headers={"Authorization": f"Bearer {world.keys['admin']}"},
        )
        await http.post(
            "/api/v1/keys", content=f'{{"name": "{wrong}"', headers={"Authorization": f"Bearer {world.keys['admin']}"}
        )
        for path in (f"/hooks/Careless/{wrong}", f"/hooks/notion/events/{wrong}", f"/resume/run.{wrong}", f"/{wrong}"):
            for accept in ("text/html", "application/json"):
                await http.post(path, json={"token": "x"}, headers={"Accept": accept})
                await http.get(path, headers={"Accept": accept})


async def accounts_are_connected(world: World) -> None:
    """At both providers; and with a wrong state, a refused consent, a refused code, an error in the place of one."""
    await world.visitor.connect_notion(HANDLE)
    assert "acme-crm" in (await world.connect("acme", "acme-crm")).text
    await set_database(world.stack, ORDERS_DATABASE_ID)
    for provider in ("acme", "beta"):
        page = await world.connect(provider, "never", "refused")
        assert "refused the connection" in page.text
        asked = await world.begin(f"/connections/add/{provider}", handle="never")
        wrong = world.ledger.add("wrong state", secrets.token_urlsafe(32))
        await world.come_back(provider, state=wrong, code=world.code("of-wrong-state"))
        async with world.record.client("another browser") as http:
            await world.come_back(provider, http, state=asked["state"], code=world.code("in-another-browser"))
        await world.come_back(provider, state=asked["state"], error="access_denied", code=world.code("with-an-error"))
        asked = await world.begin(f"/connections/add/{provider}", handle="never")
        await world.come_back(provider, state=asked["state"], error="server_error", error_description="It is broken")
        asked = await world.begin(f"/connections/add/{provider}", handle="never")
        twice = {"state": asked["state"], "code": [world.code("one"), world.code("two")]}
        await world.http.get(f"{world.api}/oauth/callback/{provider}", params=twice)
