"""What another site can make a browser do: nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn
from sqlalchemy import select

from api.declared import declared
from local.ports import choose
from tests.api.browsing import sign_in
from tests.api.conftest import Place
from tests.api.runs import start
from tests.conftest import eventually
from vault.database import Database
from vault.tables import metadata

pytestmark = pytest.mark.asyncio(loop_scope="session")

OTHER_SITE = {"Sec-Fetch-Site": "cross-site", "Origin": "http://evil.test"}
OLD_BROWSER = {"Sec-Fetch-Site": ""}


@pytest.mark.parametrize("headers", [OTHER_SITE, {"Sec-Fetch-Site": "same-site"}, OLD_BROWSER])
async def test_another_site_cannot_sign_a_browser_in(place: Place, headers: dict[str, str]) -> None:
    code = (await place.vault.one_time.put("signin", {"key_id": place.key_id}, ttl=timedelta(minutes=5))).reveal()
    async with place.browser(**headers) as victim:
        for path, data in (("/signin", {"key": place.key}), (f"/signin/{code}", {}), ("/signin/openid", {})):
            answer = await victim.post(path, data=data)
            assert (answer.status_code, "set-cookie" in answer.headers) == (403, False), path
    async with place.browser() as owner:  # and the link is still good
        assert (await owner.post(f"/signin/{code}")).status_code == 303


async def test_every_operation_that_changes_something_is_closed_to_other_sites(place: Place) -> None:
    async with place.signed_in() as victim:
        for method, path, _ in declared(place.app.routes):
            if method in ("GET", "HEAD") or path.startswith(("/hooks/", "/resume/")):
                continue
            for headers in (OTHER_SITE, OLD_BROWSER):
                answer = await victim.request(method, re.sub(r"\{[^}]*\}", "x", path), headers=headers)
                assert answer.status_code == 403, path
                assert "came from another site" in answer.text, path
        assert (await victim.get("/connections")).status_code == 200


async def test_a_program_without_cookies_needs_no_origin(place: Place) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(place.app), base_url="http://steps.test") as program:
        assert (await program.post("/api/v1/keys")).json()["type"] == "authentication-required"
        answer = await program.post("/api/v1/keys", headers={"Cookie": "steps_session=x"})
        assert answer.json()["type"] == "cross-site-refused"


async def test_the_key_counts_alone_so_that_no_cookie_is_lent_to_another_site(place: Place) -> None:
    async with place.signed_in() as victim:
        headers = OTHER_SITE | {"Authorization": "Bearer wrong"}
        assert (await victim.get("/api/v1/connections", headers=headers)).status_code == 401
        assert (await victim.post("/sessions/end", headers=headers)).status_code == 403


async def contents(url: str) -> dict[str, list[Any]]:
    database = Database(url)
    async with database.read() as connection:
        rows = {table.name: (await connection.execute(select(table))).all() for table in metadata.sorted_tables}
    await database.close()
    return {name: sorted(map(str, found)) for name, found in rows.items()}


async def test_to_open_a_page_changes_nothing(running: Place) -> None:
    """Neither in the vault nor in Temporal. What a state brings back is used up, but only its browser can bring it."""
    run_id = await start(running, "Echo", {"a": 1})
    client = await running.app.state.services.temporal()
    await client.get_workflow_handle(run_id).result()
    code = (await running.vault.one_time.put("signin", {"key_id": running.key_id}, ttl=timedelta(minutes=5))).reveal()
    parts = {"run_id": run_id, "code": code, "provider": "notion", "schedule_id": "steps/none"}
    async with running.signed_in() as visitor:
        await visitor.get("/connections")
        before = await contents(running.settings.vault_url)
        runs = [run.id async for run in client.list_workflows()]
        for method, path, _ in declared(running.app.routes):
            if method in ("GET", "HEAD") and path != "/runs/live":  # which ends when its reader leaves
                filled = re.sub(r"\{([a-z_]+)(:path)?\}", lambda match: parts.get(match[1], "x"), path)
                await visitor.request(method, filled)
        assert await contents(running.settings.vault_url) == before
        assert [run.id async for run in client.list_workflows()] == runs


@pytest_asyncio.fixture(loop_scope="session")
async def served(place: Place) -> AsyncIterator[int]:
    """The application behind a real socket."""
    port = choose(8700, set())
    config = uvicorn.Config(place.app, host="127.0.0.1", port=port, log_level="critical", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())

    async def started() -> bool:
        return server.started

    await eventually(started)
    yield port
    server.should_exit = True
    await serving


async def ask(port: int, text: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text.encode("latin-1"))
    await writer.drain()
    answer = await reader.read()
    writer.close()
    return answer.decode("utf-8", "replace")


HOSTS = [
    ("/", "Host: evil.test\r\n"),
    (
        "/",
        "Host: evil.test\r\nX-Forwarded-Host: evil.test\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.test\r\n",
    ),
    ("http://evil.test/", "Host: steps.test\r\n"),
    ("/", "Host: steps.test@evil.test\r\n"),
    ("/", "Host: evil.test:80/x?\r\n"),
    ("//evil.test/", "Host: steps.test\r\n"),
    ("/@evil.test", "Host: evil.test\r\n"),
]


@pytest.mark.parametrize(("target", "lines"), HOSTS)
async def test_nothing_is_built_from_the_host_that_a_request_names(
    place: Place, served: int, target: str, lines: str
) -> None:
    async with place.browser() as visitor:
        await sign_in(visitor, place.key)
        cookie = f"Cookie: steps_session={visitor.cookies['steps_session']}\r\n"
    for signed_in in ("", cookie):
        common = f"{lines}{signed_in}Accept: text/html\r\nConnection: close\r\n"
        answer = await ask(served, f"GET {target} HTTP/1.1\r\n{common}\r\n")
        assert "evil.test" not in answer, answer
    base = target.rstrip("/") if "://" in target else ""
    for path in (
        "/connections",
        "/connections/add/notion",
        "/api/v1/workflows",
        "/openapi.json",
        "/nothing",
        "/connections/",
    ):
        answer = await ask(served, f"GET {base}{path} HTTP/1.1\r\n{lines}{cookie}Connection: close\r\n\r\n")
        assert "evil.test" not in answer, path
    form = "handle=my-notion"
    sent = f"{lines}{cookie}Sec-Fetch-Site: same-origin\r\nConnection: close\r\nContent-Length: {len(form)}\r\n"
    sent += "Content-Type: application/x-www-form-urlencoded\r\n"
    answer = await ask(served, f"POST {base}/connections/add/notion HTTP/1.1\r\n{sent}\r\n{form}")
    if base:  # an address of another host is none of ours
        assert "404" in answer.splitlines()[0]
    else:
        assert "redirect_uri=http%3A%2F%2Fsteps.test%2Foauth%2Fcallback%2Fnotion" in answer
    assert "evil.test" not in answer
