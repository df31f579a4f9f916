from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import httpx
import pytest

from local.notion import ORDERS_DATA_SOURCE_ID
from local.notion.faults import AMBIGUOUS, ANSWERS, KINDS
from tests.local.conftest import Notion

Json = dict[str, Any]

ROW: Json = {
    "parent": {"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID},
    "properties": {"Name": {"title": [{"text": {"content": "1"}}]}},
}
QUICK = [kind for kind in KINDS if kind != "slow"]


async def chaos(notion: Notion, **body: Any) -> None:
    response = await notion.http.post("/_local/chaos", json=body)
    assert response.status_code == 200, response.text


async def met(notion: Notion, count: int, method: str = "POST", path: str = "/v1/pages") -> list[str | None]:
    """Call so often, and return what each call met."""
    await notion.http.delete("/_local/calls")
    for _ in range(count):
        try:
            await notion.send(method, path, ROW if method == "POST" else None)
        except httpx.RemoteProtocolError:
            continue
    return [call["fault"] for call in (await notion.http.get("/_local/calls")).json()]


async def test_the_same_seed_brings_the_same_faults_and_another_one_others(notion: Notion) -> None:
    runs: list[list[str | None]] = []
    for seed in (7, 7, 8):
        await chaos(notion, rate=0.5, seed=seed, kinds=QUICK)
        runs.append(await met(notion, 60))
    assert runs[0] == runs[1] != runs[2]
    assert {kind for kind in runs[0] if kind} <= set(QUICK)


@pytest.mark.parametrize(("rate", "least", "most"), [(0, 0, 0), (0.2, 20, 60), (1, 200, 200)])
async def test_the_rate_is_how_many_calls_meet_a_fault(notion: Notion, rate: float, least: int, most: int) -> None:
    await chaos(notion, rate=rate, seed=7, kinds=["conflict", "rate_limited"])
    counted = Counter(await met(notion, 200))
    assert least <= 200 - counted[None] <= most


@pytest.mark.parametrize("kind", AMBIGUOUS)
async def test_what_leaves_the_outcome_open_comes_before_or_after_the_work(notion: Notion, kind: str) -> None:
    await chaos(notion, rate=1, seed=7, kinds=[kind])
    assert set(await met(notion, 30)) == {kind}
    await notion.http.delete("/_local/chaos")
    assert 0 < len(await notion.names()) < 30


@pytest.mark.parametrize("kind", ["rate_limited", "conflict", "overload", "cut_before"])
async def test_what_says_that_nothing_was_done_writes_nothing(notion: Notion, kind: str) -> None:
    await chaos(notion, rate=1, seed=7, kinds=[kind], retry_after=3)
    assert set(await met(notion, 20)) == {kind}
    if kind in ANSWERS:
        refused = await notion.send("POST", "/v1/pages", ROW)
        assert refused.status_code == ANSWERS[kind][0]
        assert refused.headers.get("retry-after") == (None if kind == "conflict" else "3")
    await notion.http.delete("/_local/chaos")
    assert await notion.names() == []


async def test_only_matching_calls_meet_one_and_those_of_oauth_never(notion: Notion) -> None:
    await chaos(notion, rate=1, kinds=["conflict"], method="POST", path="/v1/p*")
    assert await met(notion, 1) == ["conflict"]
    assert await met(notion, 1, "GET", "/v1/users/me") == [None]
    await chaos(notion, rate=1, kinds=["conflict"])
    assert await met(notion, 1, "GET", "/v1/users/me") == ["conflict"]
    assert (await notion.http.post("/v1/oauth/token", json={})).status_code == 401


async def test_a_fault_that_was_asked_for_comes_first(notion: Notion) -> None:
    await chaos(notion, rate=1, kinds=["conflict"])
    await notion.http.post("/_local/faults", json=[{"kind": "overload"}])
    assert await met(notion, 2) == ["overload", "conflict"]
    assert (await notion.http.delete("/_local/chaos")).status_code == 204
    assert await met(notion, 1) == [None]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("chaos", {}),
        ("chaos", {"rate": 1.1}),
        ("chaos", {"rate": 1, "kinds": ["earthquake"]}),
        ("chaos", {"rate": 1, "often": 2}),
        ("chaos", {"rate": 1, "seed": "x"}),
        ("latency", {}),
        ("latency", {"seconds": -1}),
        ("latency", {"seconds": 1, "before": "yes"}),
    ],
)
async def test_what_cannot_be_set_is_refused(notion: Notion, path: str, body: Json) -> None:
    ask = notion.http.post if path == "chaos" else notion.http.put
    assert (await ask(f"/_local/{path}", json=body)).status_code == 400


@pytest.mark.parametrize("before", [True, False])
async def test_every_call_can_be_delayed_before_or_after_the_work(notion: Notion, before: bool) -> None:
    body = {"seconds": 0.2, "before": before}
    assert (await notion.http.put("/_local/latency", json=body)).json() == body
    began = time.monotonic()
    pending = asyncio.create_task(notion.send("POST", "/v1/pages", ROW))
    await asyncio.sleep(0.05)
    pages = (await notion.http.get("/_local/pages")).json()
    assert len(pages) == (1 if before else 2)
    assert (await pending).status_code == 200
    assert time.monotonic() - began >= 0.2
    await notion.http.put("/_local/latency", json={"seconds": 0})
    await notion.ok("POST", "/v1/pages", ROW)
