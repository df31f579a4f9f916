from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.notion import ORDERS_DATA_SOURCE_ID
from tests.local.conftest import NEWEST, Notion

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
ROW: Json = {
    "parent": {"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID},
    "properties": {"Name": {"title": [{"text": {"content": "1"}}]}},
}


async def ask(notion: Notion, *faults: Json) -> None:
    response = await notion.http.post("/_local/faults", json=list(faults))
    assert response.status_code == 200, response.text


def on_create(kind: str, **more: Any) -> Json:
    return {"method": "POST", "path": "/v1/pages", "kind": kind, **more}


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("rate_limited", 429, "rate_limited"),
        ("conflict", 409, "conflict_error"),
        ("internal", 500, "internal_server_error"),
        ("bad_gateway", 502, "bad_gateway"),
        ("unavailable", 503, "service_unavailable"),
        ("gateway_timeout", 504, "gateway_timeout"),
        ("overload", 529, "service_overload"),
    ],
)
async def test_a_fault_answers_in_notions_form_and_writes_nothing(
    notion: Notion, kind: str, status: int, code: str
) -> None:
    await ask(notion, on_create(kind, retry_after=2))
    response = await notion.send("POST", "/v1/pages", ROW)
    assert response.status_code == status
    assert response.json()["code"] == code
    assert response.headers.get("retry-after") == ("2" if kind in ("rate_limited", "overload") else None)
    assert await notion.names() == []
    await notion.ok("POST", "/v1/pages", ROW)


async def test_an_error_can_come_after_the_write(notion: Notion) -> None:
    await ask(notion, on_create("bad_gateway", when="after"))
    assert (await notion.send("POST", "/v1/pages", ROW)).status_code == 502
    assert await notion.names() == ["1"]


async def test_an_edge_error_is_html_without_a_request_id(notion: Notion) -> None:
    await ask(notion, on_create("html_error"))
    response = await notion.send("POST", "/v1/pages", ROW)
    assert response.status_code == 502
    assert response.headers["content-type"].startswith("text/html")
    assert response.headers["cf-ray"]
    assert "x-notion-request-id" not in response.headers


async def test_faults_are_used_in_order_as_often_as_asked_by_the_calls_that_match(notion: Notion) -> None:
    await ask(
        notion, on_create("conflict", times=2), on_create("internal"), {"path": "/v1/users/*", "kind": "overload"}
    )
    statuses = [(await notion.send("POST", "/v1/pages", ROW)).status_code for _ in range(4)]
    assert statuses == [409, 409, 500, 200]
    assert (await notion.send("GET", "/v1/users")).status_code == 200
    assert (await notion.send("GET", "/v1/users/me")).status_code == 529
    await ask(notion, on_create("conflict", times=9))
    assert (await notion.http.delete("/_local/faults")).status_code == 204
    await notion.ok("POST", "/v1/pages", ROW)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "earthquake"},
        {"kind": "conflict", "often": 2},
        {"kind": "rate_limited", "when": "after"},
        {"kind": "slow", "seconds": "5"},
    ],
)
async def test_a_fault_that_does_not_exist_is_refused(notion: Notion, fault: Json) -> None:
    assert (await notion.http.post("/_local/faults", json=[fault])).status_code == 400
    assert (await notion.http.post("/_local/faults", json=fault)).status_code == 400


@pytest.mark.parametrize(("kind", "names"), [("cut_before", []), ("cut_after", ["1"])])
async def test_a_cut_in_process_is_the_error_that_a_cut_connection_gives(
    notion: Notion, kind: str, names: list[str]
) -> None:
    await ask(notion, on_create(kind))
    with pytest.raises(httpx.RemoteProtocolError):
        await notion.send("POST", "/v1/pages", ROW)
    assert await notion.names() == names


async def test_calls_are_counted_with_what_they_carried(notion: Notion) -> None:
    await notion.http.delete("/_local/calls")
    await ask(notion, on_create("conflict"))
    await notion.send("POST", "/v1/pages", ROW)
    await notion.ok("POST", "/v1/pages", ROW)
    await notion.send("GET", "/v1/users?page_size=1", version="2022-06-28")
    first, second, third = (await notion.http.get("/_local/calls")).json()
    assert (first["method"], first["path"], first["status"], first["fault"]) == ("POST", "/v1/pages", 409, "conflict")
    assert (second["status"], second["fault"], second["body"]) == (200, None, ROW)
    assert third["authorization"] == f"Bearer {notion.token}"
    assert (third["notion_version"], third["query"], third["body"]) == ("2022-06-28", "page_size=1", None)
    await notion.http.delete("/_local/calls")
    assert (await notion.http.get("/_local/calls")).json() == []


class Process:
    """Be the stand-in as a process of its own, on a port that the system chose."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "local.notion", "--port", "0", "--client-id", "c", "--client-secret", "s"]
        self._process = subprocess.Popen(
            [*command, "--token-prefix", "ntn_canary_"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "default"},
        )
        assert self._process.stdout is not None
        self.line = self._process.stdout.readline()
        self.url = self.line.rpartition(" ")[2].strip()

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    def end(self) -> str:
        """Stop the process and return what it wrote after its first line."""
        self._process.terminate()
        try:
            return self._process.communicate(timeout=10)[0]
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            raise


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process()
    yield process
    if process.running:
        process.end()


async def test_over_a_real_connection_cuts_are_cuts_and_slow_is_slow(process: Process) -> None:
    assert re.fullmatch(r"Notion stand-in listening on http://127\.0\.0\.1:\d+\n", process.line)
    async with httpx.AsyncClient(base_url=process.url) as client:
        assert (await client.get("/healthz")).status_code == 200
        token = (await client.post("/_local/connect", json={})).json()["access_token"]
        assert token.startswith("ntn_canary_")
        client.headers = httpx.Headers({"Authorization": f"Bearer {token}", "Notion-Version": NEWEST})

        async def rows() -> int:
            return len(
                (await client.post(f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}/query", json={})).json()["results"]
            )

        async def fault(kind: str, **more: Any) -> None:
            assert (await client.post("/_local/faults", json=[on_create(kind, **more)])).status_code == 200

        for kind, written in (("cut_before", 0), ("cut_after", 1)):
            await fault(kind)
            with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
                await client.post("/v1/pages", json=ROW)
            assert await rows() == written

        await fault("slow", seconds=30, when="after")
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/v1/pages", json=ROW, timeout=0.2)
        assert await rows() == 2

        await fault("slow", seconds=0.3, when="before")
        began = time.monotonic()
        pending = asyncio.create_task(client.post("/v1/pages", json=ROW))
        assert (await pending).status_code == 200
        assert time.monotonic() - began >= 0.3
        assert await rows() == 3

        calls = (await client.get("/_local/calls")).json()
        creates = [(call["status"], call["fault"]) for call in calls if call["path"] == "/v1/pages"]
        assert creates[:2] == [(None, "cut_before"), (None, "cut_after")]
    # A server that had answered for the application, or failed, would have said so.
    assert process.end() == ""
