"""The list of runs, by page."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx
import pytest

from tests.api.conftest import Place
from tests.api.runs import finished, start

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def pages(caller: httpx.AsyncClient, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        query = {**params, **({"cursor": cursor} if cursor else {})}
        answer = await caller.get("/api/v1/runs", params=query)
        assert answer.status_code == 200, answer.text
        assert len(answer.json()["runs"]) <= params.get("limit", 20)
        found += answer.json()["runs"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


async def test_runs_are_listed_by_page_and_filtered(running: Place) -> None:
    started = [await start(running, "Failing") for _ in range(5)]
    for run_id in started:
        await finished(running, run_id)
    async with running.program() as caller:
        async with asyncio.timeout(60):  # Temporal's list follows a moment after the runs
            while not set(started) <= {run["id"] for run in await pages(caller, workflow="Failing", status="failed")}:
                continue
        listed = await pages(caller, workflow="Failing", limit=2)
        ids = [run["id"] for run in listed]
        assert len(ids) == len(set(ids))
        assert set(started) <= set(ids)
        assert {run["workflow"] for run in listed} == {"Failing"}
        assert [run["ended_at"] for run in listed] == sorted((run["ended_at"] for run in listed), reverse=True)
        assert await pages(caller, workflow="Failing", status="running") == []
        first = await caller.get("/api/v1/runs", params={"workflow": "Failing", "limit": 1})
        other = await caller.get("/api/v1/runs", params={"limit": 1, "cursor": first.json()["next_cursor"]})
        assert (other.status_code, other.json()["type"]) == (400, "cursor-invalid")
        unknown = await caller.get("/api/v1/runs", params={"workflow": "x' OR '1'='1"})
        assert unknown.json()["type"] == "workflow-unknown"


@pytest.mark.parametrize("cursor", ["x", "!!!!", "\u00e9", base64.urlsafe_b64encode(b"made up").decode()])
async def test_a_made_up_cursor_is_refused(running: Place, cursor: str) -> None:
    async with running.program() as caller:
        answer = await caller.get("/api/v1/runs", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "cursor-invalid")
