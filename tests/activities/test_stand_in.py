"""The activities against the stand-in for Notion, over a real connection."""

from __future__ import annotations

import socket
from asyncio import create_task
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from local.notion import ORDERS_DATABASE_ID, StandIn, Workspace, create_app
from tests.activities.conftest import CLIENT_SECRET, World
from vault import ConnectionStatus

ROW = {
    "parent": {"database_id": ORDERS_DATABASE_ID},
    "properties": {"Name": {"title": [{"text": {"content": "1001"}}]}},
}


@pytest.fixture
def notion() -> StandIn:
    return create_app(Workspace(client_id="client", client_secret=CLIENT_SECRET, token_prefix="ntn_canary"))


@pytest.fixture
async def origin(notion: StandIn) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))  # it listens from here on, so nobody has to wait
    server = uvicorn.Server(uvicorn.Config(notion, lifespan="off", log_config=None))
    serving = create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await serving


async def connected(world: World, notion: StandIn) -> str:
    access = notion.workspace.connect()
    grant = notion.workspace.grants.find(access)
    assert grant is not None
    return await world.connect(access=access, refresh=grant.refresh_token)


def asked(notion: StandIn) -> list[tuple[str, str]]:
    return [(call["method"], call["path"]) for call in notion.workspace.calls.as_json()]


async def test_a_row_is_created_and_found(world: World, notion: StandIn, origin: str) -> None:
    token = await connected(world, notion)
    async with world.worker(notion_origin=origin) as worker:
        page = await worker.notion("POST", "/v1/pages", body=ROW)
        found = await worker.notion("POST", f"/v1/databases/{ORDERS_DATABASE_ID}/query", body={})
        assert page["id"] in [row["id"] for row in found["results"]]
        headers = {"Authorization": f"Bearer {token}", "Notion-Version": "2022-06-28"}
        response = await worker.fetch(f"https://api.notion.com/v1/pages/{page['id']}", headers=headers)
        assert response.json()["id"] == page["id"]


async def test_a_token_that_has_ended_is_refreshed(world: World, notion: StandIn, origin: str) -> None:
    await connected(world, notion)
    async with world.worker(notion_origin=origin) as worker:
        for _ in range(3):
            notion.workspace.grants.expire()
            assert (await worker.notion("GET", "/v1/users/me"))["object"] == "user"
    assert asked(notion).count(("POST", "/v1/oauth/token")) == 3


async def test_a_grant_that_was_revoked_needs_a_person(world: World, notion: StandIn, origin: str) -> None:
    await connected(world, notion)
    notion.workspace.grants.revoke_all()
    async with world.worker(notion_origin=origin) as worker:
        failure = await worker.failure(worker.notion("POST", "/v1/pages", body=ROW))
    assert failure.type == "connection-needs-reauthorization"
    assert (await world.vault.connections.get("my-notion")).status is ConnectionStatus.NEEDS_REAUTHORIZATION


@pytest.mark.parametrize(
    ("fault", "kind", "final"),
    [
        ({"kind": "rate_limited", "retry_after": 7}, "notion-error", False),
        ({"kind": "overload", "retry_after": 7}, "notion-error", False),
        ({"kind": "conflict"}, "notion-error", False),
        ({"kind": "internal", "when": "after"}, "notion-error", False),
        ({"kind": "html_error"}, "notion-error", False),
        ({"kind": "cut_before"}, "notion-error", False),
        ({"kind": "cut_after"}, "notion-error", False),
    ],
)
async def test_a_write_meets_a_fault(
    world: World, notion: StandIn, origin: str, fault: dict[str, Any], kind: str, final: bool
) -> None:
    await connected(world, notion)
    notion.workspace.faults.add([fault])
    async with world.worker(notion_origin=origin) as worker:
        failure = await worker.failure(worker.notion("POST", "/v1/pages", body=ROW))
    assert (failure.type, failure.non_retryable) == (kind, final)
    if "retry_after" in fault:
        assert failure.next_retry_delay is not None
        assert failure.next_retry_delay.total_seconds() == 7


async def test_what_is_not_shared_is_named(world: World, notion: StandIn, origin: str) -> None:
    await connected(world, notion)
    async with world.worker(notion_origin=origin) as worker:
        failure = await worker.failure(worker.notion("GET", "/v1/pages/00000000-0000-4000-8000-000000000000"))
    assert failure.details[0]["code"] == "object_not_found"
    assert "Share the page or database with the connection 'my-notion'" in failure.message


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        (["cut_before"], None),
        (["cut_after"], "connection-needs-reauthorization"),
        (["cut_before", "cut_before"], "connection-needs-reauthorization"),
    ],
)
async def test_a_refresh_whose_answer_is_lost_is_made_once_more(
    world: World, notion: StandIn, origin: str, faults: list[str], kind: str | None
) -> None:
    await connected(world, notion)
    notion.workspace.grants.expire()
    notion.workspace.faults.add([{"method": "POST", "path": "/v1/oauth/token", "kind": fault} for fault in faults])
    async with world.worker(notion_origin=origin) as worker:
        call = worker.notion("GET", "/v1/users/me")
        if kind is None:
            assert (await call)["object"] == "user"
        else:
            assert (await worker.failure(call)).type == kind
    assert asked(notion).count(("POST", "/v1/oauth/token")) == 2
