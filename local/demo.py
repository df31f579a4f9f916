"""The main job, shown as it happens: a shop's order becomes a page in Notion, durably."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import httpx

from local.notion import ORDERS_DATABASE_ID
from local.order import ORDER, delivery_headers
from local.stack import Say, Stack
from local.visitor import VisitFailed, Visitor
from vault.opening import open_vault
from vault.times import utc_now

HANDLE = "my-notion"
SHIPPED = ("OrderToNotion", "NotionQuery", "OrderFanOut", "ApproveOrder", "OrderUpsert")
WANTED = {"Name": ORDER["name"], "Total": float(ORDER["total_price"]), "Currency": ORDER["currency"]}
_ENDED = {"completed", "failed", "cancelled", "terminated", "timed_out"}
_RUN_SECONDS = 120.0
_CONNECT_SECONDS = 900.0


class DemoFailed(Exception):
    """The main job did not do what it should; the text says where."""


async def sign_in_link(stack: Stack) -> str:
    """Make a link that signs one browser in, once, within ten minutes."""
    settings = stack.settings
    vault = await open_vault(
        settings.vault_url, settings.master_key_text, settings.master_key_path, settings, may="seal"
    )
    try:
        key, _ = await vault.api_keys.create(
            "this machine's browser", ("admin",), expires_at=utc_now() + timedelta(days=30), created_by="local stack"
        )
        code = await vault.one_time.put("signin", {"key_id": key.id}, ttl=timedelta(minutes=10))
        return f"{stack.addresses.api}/signin/{code.reveal()}"
    finally:
        await vault.close()


async def set_database(stack: Stack, database_id: str, workflows: Iterable[str] = SHIPPED) -> None:
    """Tell workflows, those of the demo if not others, which database is theirs."""
    settings = stack.settings
    vault = await open_vault(
        settings.vault_url, settings.master_key_text, settings.master_key_path, settings, may="seal"
    )
    try:
        for workflow in workflows:
            await vault.variables.set(workflow, "NOTION_DATABASE_ID", database_id)
    finally:
        await vault.close()


class Demo:
    """Run the main job on a started stack."""

    def __init__(self, stack: Stack, say: Say) -> None:
        self._stack, self._say = stack, say
        self._visitor = Visitor(stack.addresses.api)

    async def run(self) -> None:
        """Do the main job once.

        Raises:
            DemoFailed, VisitFailed: something was not as it should be.
        """
        try:
            await self._visitor.sign_in(await sign_in_link(self._stack))
            await self._connect()
            run_id = await self._trigger()
            await self._watch(run_id)
            await self._query()
            await self._show_addresses(run_id)
        except httpx.HTTPError as error:
            raise DemoFailed(f"The stack did not answer: {error!r}") from error
        finally:
            await self._visitor.close()

    async def _connect(self) -> None:
        api = self._stack.addresses.api
        self._say(f"\n1. OAuth Connections → Add Connection → Notion, as {HANDLE!r}")
        if self._stack.real_notion:
            await self._connect_by_hand()
        else:
            end = await self._visitor.connect_notion(HANDLE)
            self._say(f"   Allowed on the consent page; back at {end}")
        connection = await self._visitor.get(f"/api/v1/connections/{HANDLE}")
        workspace = (connection.get("account") or connection).get("workspace_name")
        self._say(f"   {HANDLE} is {connection['status']}, in the workspace {workspace!r} ({api}/connections)")
        await set_database(self._stack, self._database())

    async def _connect_by_hand(self) -> None:
        self._say(f"   Open {await sign_in_link(self._stack)}")
        self._say(
            f"   then {self._stack.addresses.api}/connections/add/notion, enter {HANDLE!r}, and press Allow at Notion."
        )
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                while True:
                    connections: Any = await self._visitor.get("/api/v1/connections")
                    if any(item["handle"] == HANDLE for item in connections):
                        return
                    await asyncio.sleep(1)
        except TimeoutError:
            raise DemoFailed("Nobody connected Notion within 15 minutes.") from None

    def _database(self) -> str:
        if not self._stack.real_notion:
            return ORDERS_DATABASE_ID
        if database := os.environ.get("NOTION_DATABASE_ID"):
            return database
        raise DemoFailed("Set NOTION_DATABASE_ID to a database with the properties Name, Total and Currency.")

    async def _trigger(self) -> str:
        workflows: Any = await self._visitor.get("/api/v1/workflows")
        hook = next(item["hook_url"] for item in workflows if item["name"] == "OrderToNotion")
        webhook_id = secrets.token_hex(16)
        self._say(
            f"\n2. The shop posts order {ORDER['name']} ({ORDER['total_price']} {ORDER['currency']}) to the trigger"
        )
        async with httpx.AsyncClient(trust_env=False, timeout=30) as shop:
            first = await shop.post(hook, json=ORDER, headers=delivery_headers(webhook_id))
            again = await shop.post(hook, json=ORDER, headers=delivery_headers(webhook_id))
        if first.status_code != 202 or again.status_code != 200 or first.json()["id"] != again.json()["id"]:
            raise DemoFailed(
                f"The trigger answered {first.status_code} {first.text}, then {again.status_code} {again.text}"
            )
        run_id: str = first.json()["id"]
        self._say(f"   202: the run is {run_id}")
        self._say("   200: Shopify sends the same delivery twice; it is the same run")
        return run_id

    async def _watch(self, run_id: str) -> None:
        self._say("\n3. The run")
        run = await self._follow(run_id)
        if run["status"] != "completed":
            raise DemoFailed(f"The run ended as {run['status']}: {run.get('failures')}")

    async def _follow(self, run_id: str) -> dict[str, Any]:
        """Wait for the end of a run, saying what changes on the way."""
        said: str | None = None
        logged = 0
        try:
            async with asyncio.timeout(_RUN_SECONDS):
                while True:
                    run: dict[str, Any] = await self._visitor.get(f"/api/v1/runs/{quote(run_id, safe='')}")
                    if (state := _state(run)) != said:
                        self._say(f"   {state}")
                        said = state
                    lines: list[dict[str, Any]] = run.get("log") or []
                    for line in lines[logged:]:
                        self._say(f"   log: {line['message']}")
                        logged += 1
                    if run["status"] in _ENDED:
                        return run
                    await asyncio.sleep(0.25)
        except TimeoutError:
            raise DemoFailed(f"The run {run_id} did not end within {_RUN_SECONDS:g} seconds.") from None

    async def _query(self) -> None:
        self._say("\n4. NotionQuery asks Notion for the page")
        where = {"filter": {"property": "Name", "title": {"equals": ORDER["name"]}}}
        started: Any = await self._visitor.post("/api/v1/workflows/NotionQuery/runs", {"data": where})
        rows: list[Any] = (await self._follow(started["id"])).get("result") or []
        if not rows or (not self._stack.real_notion and len(rows) != 1):
            raise DemoFailed(f"Notion has {len(rows)} pages named {ORDER['name']}; it should have one.")
        found = {name: _plain(value) for name, value in rows[0]["properties"].items() if name in WANTED}
        for name, value in found.items():
            self._say(f"   {name:9} {value}")
        self._say(f"   {'Page':9} {rows[0]['id']}")
        if found != WANTED:
            raise DemoFailed(f"The page has {found}; the order has {WANTED}.")
        self._say("   The page's three properties are the order's.")

    async def _show_addresses(self, run_id: str) -> None:
        addresses = self._stack.addresses
        self._say("\n5. Look around")
        self._say(f"   Sign in (once)      {await sign_in_link(self._stack)}")
        self._say(f"   OAuth Connections   {addresses.api}/connections")
        self._say(f"   The run             {addresses.api}/runs/{run_id}")
        self._say(f"   API documentation   {addresses.api}/docs")
        self._say(f"   In the Temporal UI  {addresses.ui}/namespaces/default/workflows/{quote(run_id, safe='')}")


def _state(run: dict[str, Any]) -> str:
    if run["status"] != "running":
        return str(run["status"])
    if running := run.get("current_steps"):
        return f"running {', '.join(sorted({step['step'] for step in running}))}"
    if waiting := run.get("waiting"):
        return f"waiting: {waiting[0]['step']} at {waiting[0]['due']} (a durable timer)"
    return "running"


def _plain(value: dict[str, Any]) -> Any:
    """Return a Notion property's value in plain Python."""
    inner: Any = value[value["type"]]
    return "".join(str(part["plain_text"]) for part in inner) if isinstance(inner, list) else inner  # pyright: ignore  # JSON of any shape


__all__ = ["Demo", "DemoFailed", "VisitFailed", "set_database", "sign_in_link"]
