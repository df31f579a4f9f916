"""What a program may start, and what becomes of a key that comes twice."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from temporalio.client import Client

from settings import Settings
from tests.api.conftest import Place
from tests.api.runs import finished, start

pytestmark = pytest.mark.asyncio(loop_scope="session")

KNOWN = [
    "Answering", "AnsweringLate", "Branching", "Echo", "Failing", "FromForm", "FromGitHub", "FromNotion",
    "FromShopify", "FromStandard", "LongWait", "Needy", "OrderMoved", "PageChanged", "Planned", "Standing",
    "TypedOrder", "Unfitting", "Waiter",
]  # fmt: skip


def key() -> str:
    return uuid.uuid4().hex


async def test_the_same_key_is_the_same_run(running: Place) -> None:
    name = key()
    run_id = await start(running, "Echo", {"a": 1, "b": 2}, **{"Idempotency-Key": name})
    assert run_id == f"echo/{name}"
    async with running.program() as caller:
        path, headers = "/api/v1/workflows/Echo/runs", {"Idempotency-Key": name}
        again = await caller.post(path, json={"data": {"b": 2, "a": 1}}, headers=headers)
        assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, run_id, True)
        await finished(running, run_id)
        again = await caller.post(path, json={"data": {"a": 1, "b": 2}}, headers=headers)
        assert (again.status_code, again.json()["id"], again.json()["duplicate"]) == (200, run_id, True)
        other = await caller.post(path, json={"data": {"a": 2}}, headers=headers)
        assert (other.status_code, other.json()["type"], other.json()["id"]) == (422, "idempotency-key-reused", run_id)


async def test_of_twenty_at_once_one_starts_the_run(running: Place) -> None:
    name = key()
    async with running.program() as caller:
        path, headers = "/api/v1/workflows/Echo/runs", {"Idempotency-Key": name}
        answers = await asyncio.gather(*(caller.post(path, json={"data": 1}, headers=headers) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [202]
    assert {answer.json()["id"] for answer in answers} == {f"echo/{name}"}


async def test_without_a_key_each_request_is_a_run(running: Place) -> None:
    assert await start(running, "Echo") != await start(running, "Echo")
    assert await start(running, "Echo", **{"Idempotency-Key": " "}) != "echo/"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("OrderToNotion", "Known: Answering"),
        ("TypedOder", "Did you mean TypedOrder?"),
        ("echo", "Echo"),
        ("%00", "Echo"),
    ],
)
async def test_an_unknown_workflow_lists_the_known_ones(place: Place, name: str, hint: str) -> None:
    async with place.program() as caller:
        answer = await caller.post(f"/api/v1/workflows/{name}/runs", json={})
    assert (answer.status_code, answer.json()["type"]) == (404, "workflow-unknown")
    assert hint in answer.json()["detail"]
    assert answer.json()["known"] == KNOWN


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"dat": "HOSTILE"}, "dat"),
        ({"data": {}, "carried": {"next_id": 7}}, "carried"),
        ({"headers": "HOSTILE"}, "headers"),
        ({"headers": {"a": 1}}, "headers.a"),
    ],
)
async def test_a_wrong_field_is_named_and_not_repeated(place: Place, body: dict[str, Any], field: str) -> None:
    async with place.program() as caller:
        answer = await caller.post("/api/v1/workflows/Echo/runs", json=body)
    assert (answer.status_code, answer.json()["type"]) == (422, "request-invalid")
    assert answer.json()["errors"][0]["field"] == field
    assert "HOSTILE" not in answer.text


async def test_typed_data_is_checked_before_the_start(running: Place) -> None:
    async with running.program() as caller:
        answer = await caller.post("/api/v1/workflows/TypedOrder/runs", json={"data": {"name": "x"}})
    assert (answer.status_code, answer.json()["type"]) == (422, "payload-invalid")
    assert "field `total`" in answer.json()["detail"]
    assert (await finished(running, await start(running, "TypedOrder", {"name": "x", "total": 1})))["result"] == "x"


@pytest.mark.parametrize(("size", "status"), [(1_990_000, 202), (2_000_000, 413), (5_000_000, 413)])
async def test_what_temporal_cannot_take_in_is_refused(
    make_place: Callable[..., Place], settings: Settings, worker: Client, size: int, status: int
) -> None:
    place = make_place(settings.model_copy(update={"max_body_bytes": 8_000_000, "task_queue": "nobody"}), worker)
    async with place.program() as caller:
        answer = await caller.post("/api/v1/workflows/Echo/runs", json={"data": "\u00e9" * (size // 2)})
    assert answer.status_code == status
    if status == 413:
        assert (answer.json()["type"], answer.json()["limit"]) == ("body-too-large", 2_000_000)
