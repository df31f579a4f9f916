"""Secrets behind seals: where they may be sent, and that they come back in no form."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from temporalio.exceptions import ApplicationError

from activities.exchange import Exchange
from activities.seals import SealedAuth
from steps.http import FetchRequest
from tests.activities.conftest import CANARY, FLOW, World, check_clean
from tests.activities.mirror import PAGES, mirror
from tests.activities.servers import reply, serving


async def test_a_token_is_opened_for_its_provider_and_comes_back_in_no_form(world: World) -> None:
    token = await world.connect()
    async with serving(mirror) as notion, world.worker(notion_origin=notion.origin) as worker:
        response = await worker.fetch(PAGES, headers={"Authorization": f"Bearer {token}", "X-Key": f"{token},{token}"})
    assert notion.calls[0].headers["authorization"] == f"Bearer {CANARY}"
    assert notion.calls[0].headers["x-key"] == f"{CANARY},{CANARY}"
    shown = response.model_dump_json()
    assert "[secret]" in shown
    for form in ("canary", quote("canary/+", safe=""), base64.b64encode(CANARY.encode()).decode()[:-4], "63616e617279"):
        assert form not in shown
    for before in ("", "Bearer ", "user:", "ab:"):
        hidden = base64.b64encode((before + CANARY).encode()).decode()
        assert hidden[len(before) * 4 // 3 + 4 : -8] not in shown


async def test_a_secret_variable_is_opened_for_its_hosts(world: World) -> None:
    await world.vault.variables.set(FLOW, "KEY", CANARY, secret=True, hosts=["api.notion.com", "hooks.example"])
    key = world.seal("variable", "KEY")
    async with serving(mirror) as server, world.worker(notion_origin=server.origin) as worker:
        response = await worker.fetch(PAGES, headers={"Authorization": f"Bearer {key}"})
        assert server.calls[0].headers["authorization"] == f"Bearer {CANARY}"
        assert "canary" not in response.model_dump_json()
        failure = await worker.failure(worker.fetch("https://other.example/", headers={"X-Key": key}))
    assert failure.type == "egress-denied"
    assert "KEY may be sent to https://api.notion.com or https://hooks.example only" in failure.message
    assert "other.example" in failure.message


@pytest.mark.parametrize(
    "url",
    [
        "http://api.notion.com/v1/pages",
        "https://api.notion.com:8443/v1/pages",
        "https://api.notion.com:0/v1/pages",
        "http://api.notion.com:443/v1/pages",
        "https://api.notion.com.evil.example/",
        "https://api.notion.com./v1/pages",
        "https://api.notion.com.:443/v1/pages",
        "https://api.notion.com:443@evil.example/v1/pages",
        "https://evil.example/api.notion.com",
        "https://evil.example\\.api.notion.com/",
        "https://xn--api-ntion-w4a.com/",
        "https://api-notion.com/",
        "https://api.notion.co/",
        "https://api.notion.com%2eevil.example/",
        "https://api.notion.com%00.evil.example/",
        "https://api_notion.com/",
        "https://xapi.notion.com/",
        "wss://api.notion.com/v1/pages",
        "https://evil.example#@api.notion.com/",
        "https://evil.example?@api.notion.com/",
        "https://notion.com/",
        "https://www.api.notion.com/",
        "https://api.n\u043etion.com/",
        "https://127.0.0.1/",
    ],
)
async def test_a_token_goes_nowhere_else(world: World, url: str) -> None:
    token = await world.connect()
    async with serving(mirror) as notion, world.worker(notion_origin=notion.origin) as worker:
        failure = await worker.failure(worker.fetch(url, headers={"Authorization": f"Bearer {token}"}))
        assert (failure.type, failure.non_retryable) in (("egress-denied", True), ("request-invalid", True))
        if failure.type == "egress-denied":
            assert "'my-notion' may be sent to https://api.notion.com only" in failure.message
        assert (notion.calls, world.resolved) == ([], [])


async def test_the_provider_is_found_however_its_address_is_written(world: World) -> None:
    token = await world.connect()
    async with serving(mirror) as notion, world.worker(notion_origin=notion.origin) as worker:
        for url in ("https://API.Notion.COM/v1/pages", "https://api.notion.com:443/v1/pages"):
            assert (await worker.fetch(url, headers={"Authorization": f"Bearer {token}"})).ok


@pytest.mark.parametrize("place", ["url", "quoted url", "params", "json", "content", "quoted content", "header name"])
async def test_a_token_stands_in_header_values_only(world: World, place: str) -> None:
    token = await world.connect()
    fields: dict[str, dict[str, Any]] = {
        "url": {"url": f"{PAGES}?token={token}"},
        "quoted url": {"url": f"{PAGES}?token={quote(token)}"},
        "params": {"params": {"token": token}},
        "json": {"json_body": {"deep": [{"token": str(token)}]}, "has_json": True, "method": "POST"},
        "content": {"content": f"a {token}", "method": "POST"},
        "quoted content": {"content": f"token={quote(token)}", "method": "POST"},
        "header name": {"headers": {str(token): "1"}},
    }
    async with serving(mirror) as notion, world.worker(notion_origin=notion.origin) as worker:
        failure = await worker.failure(worker.fetch(**({"url": PAGES} | fields[place])))
        assert (failure.type, failure.non_retryable) == ("seal-invalid", True)
        assert notion.calls == []


async def test_text_that_is_like_a_seal_may_stand_in_a_body(world: World) -> None:
    async with serving(mirror) as notion, world.worker(notion_origin=notion.origin) as worker:
        assert (await worker.fetch(PAGES, method="POST", content="The envelope was sealed: see below")).ok


@pytest.mark.parametrize("value", ["canary\n", "canary\r\nX-Evil: 1", "canary\x7f", "canaryé", " canary", "canary "])
async def test_a_secret_that_no_header_can_carry_is_named_and_not_shown(world: World, value: str) -> None:
    await world.vault.variables.set(FLOW, "KEY", value, secret=True, hosts=["api.notion.com"])
    async with serving(mirror) as server, world.worker(notion_origin=server.origin) as worker:
        failure = await worker.failure(worker.fetch(PAGES, headers={"X-Key": world.seal("variable", "KEY")}))
        assert (failure.type, failure.non_retryable) == ("request-invalid", True)
        assert "KEY" in failure.message
        assert server.calls == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_with_a_secret_is_an_answer(world: World, status: int) -> None:
    token = await world.connect()
    async with serving(mirror) as elsewhere:
        target = f"{elsewhere.origin}/?token={quote(CANARY)}"
        async with (
            serving(reply(status, headers={"Location": target})) as notion,
            world.worker(notion_origin=notion.origin, egress_private_hosts=elsewhere.authority) as worker,
        ):
            response = await worker.fetch(PAGES, method="POST", content="x", headers={"X-Key": token})
            assert response.status == status
            assert response.headers["location"] == f"{elsewhere.origin}/?token=[secret]"
            assert (len(notion.calls), elsewhere.calls) == (1, [])


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"HTTP/1.1 200 " + CANARY.encode() + b"\x00\r\n\r\n",
        CANARY.encode(),
        b"HTTP/1.1 200 OK\r\nContent-Encoding: " + CANARY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=" + CANARY.encode() + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 302 OK\r\nLocation: http://[" + CANARY.encode() + b"\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + CANARY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + CANARY.encode() + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + CANARY.encode() * 100,
    ],
)
async def test_no_failure_shows_a_secret(world: World, answer: bytes | None) -> None:
    token = await world.connect()
    async with (
        serving(answer) as notion,
        world.worker(notion_origin=notion.origin, max_response_bytes=1024) as worker,
    ):
        call = worker.environment().run(
            worker.activities.fetch, FetchRequest(url=PAGES, headers={"Authorization": f"Bearer {token}"})
        )
        try:
            response = await call
        except ApplicationError as error:
            check_clean(error)
        else:
            assert "canary" not in response.model_dump_json()
        assert notion.calls[0].headers["authorization"] == f"Bearer {CANARY}"


def test_a_client_that_is_not_asynchronous_sends_nothing() -> None:
    auth = SealedAuth(None, "Flow", Exchange("host"))  # type: ignore[arg-type]  # nothing of it is asked
    with pytest.raises(TypeError, match="asynchronous"):
        auth.sync_auth_flow(httpx.Request("GET", PAGES))
