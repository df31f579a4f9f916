"""A connection at the stand-in for Notion, and the attempts at a call that come one after the other."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from local.notion import HOME_PAGE_ID, ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID, StandIn, rich_text
from local.notion.objects import Block, DataSource, Page, Parent
from steps.http import FetchRequest, NotionRequest, Response
from tests.activities.conftest import Worker, World
from tests.activities.test_stand_in import asked
from vault import Account, Secret, Tokens

LONG_AGO = time.time() - 600

QUERY = ("POST", f"/v1/databases/{ORDERS_DATABASE_ID}/query")
CREATE = ("POST", "/v1/pages")
APPEND = ("PATCH", f"/v1/blocks/{HOME_PAGE_ID}/children")


def row(name: str = "1001", **properties: Any) -> dict[str, Any]:
    named = {"Name": {"title": [{"text": {"content": name}}]}}
    return {"parent": {"database_id": ORDERS_DATABASE_ID}, "properties": named | properties}


def paragraph(text: str) -> dict[str, Any]:
    return {"paragraph": {"rich_text": [{"text": {"content": text}}]}}


class Desk:
    """A worker with a connection to the stand-in, whose account is the stand-in's bot."""

    def __init__(self, worker: Worker, notion: StandIn, bot: str, token: str) -> None:
        self.worker, self.notion, self.bot, self.token = worker, notion, bot, token
        self.left: list[Any] = []

    def environment(self, attempt: int, left: dict[str, Any] | None, **more: Any) -> ActivityEnvironment:
        environment = self.worker.environment()
        environment.on_heartbeat = lambda *details: self.left.append(details[0] if details else None)
        info = {
            "attempt": attempt,
            "scheduled_time": datetime.now(UTC),
            "started_time": datetime.now(UTC),
            "current_attempt_scheduled_time": datetime.fromtimestamp(LONG_AGO, UTC),
            "heartbeat_details": [] if left is None else [left],
        }
        environment.info = dataclasses.replace(environment.info, **{**info, **more})
        return environment

    async def call(
        self, method: str, path: str, body: Any = None, *, attempt: int = 2, left: Any = None, **fields: Any
    ) -> dict[str, Any]:
        """Make a call as a later attempt would, of which nothing is known where nothing is `left`."""
        request = self.request(method, path, body, **fields)
        return await self.environment(attempt, left).run(self.worker.activities.notion, request)

    def request(self, method: str, path: str, body: Any = None, **fields: Any) -> NotionRequest:
        fields = {"version": "2022-06-28"} | fields
        return NotionRequest(handle="my-notion", method=method, path=path, body=body, **fields)

    async def fetch(self, method: str, path: str, body: Any = None, *, attempt: int = 1, most: int = 3) -> Response:
        request = FetchRequest(
            url=f"https://api.notion.com{path}", method=method, json_body=body, has_json=body is not None,
            headers={"Authorization": f"Bearer {self.token}", "Notion-Version": "2022-06-28"},
        )  # fmt: skip
        policy = RetryPolicy(maximum_attempts=most)
        return await self.environment(attempt, None, retry_policy=policy).run(self.worker.activities.fetch, request)

    async def failure(self, call: Any) -> ApplicationError:
        return await self.worker.failure(call)

    def fault(self, kind: str, path: str = "*", **more: Any) -> None:
        self.notion.workspace.faults.add([{"kind": kind, "path": path, **more}])

    @property
    def asked(self) -> list[tuple[str, str]]:
        return asked(self.notion)

    def pages(self) -> list[Page]:
        items = self.notion.workspace.items.values()
        return [item for item in items if isinstance(item, Page) and item.parent.kind == "data_source"]

    def page(self, name: str = "1001", *, author: str | None = None, minutes: float = 0) -> Page:
        """Add a row, as made so many minutes ago."""
        source = self.notion.workspace.items[ORDERS_DATA_SOURCE_ID]
        assert isinstance(source, DataSource)
        title = next(prop.id for prop in source.properties.values() if prop.type == "title")
        page = self.notion.workspace.add_row(source, author or self.bot, {title: [rich_text.text(name)]})
        page.created_at -= timedelta(minutes=minutes)
        return page

    def block(self, text: str, *, author: str | None = None) -> Block:
        workspace = self.notion.workspace
        home = workspace.items[HOME_PAGE_ID]
        stamps = workspace.stamps(home.space, author or self.bot, Parent("page", home.id))
        content = {"rich_text": [rich_text.text(text)], "color": "default"}
        return workspace.add(Block(**stamps, type="paragraph", content=content))


@pytest.fixture
async def desk(world: World, notion: StandIn, origin: str) -> AsyncIterator[Desk]:
    async with opened(world, notion, origin) as desk:
        yield desk


@asynccontextmanager
async def opened(
    world: World, notion: StandIn, origin: str, bot: str | None = None, **options: Any
) -> AsyncGenerator[Desk]:
    grant = notion.workspace.grants.find(notion.workspace.connect())
    assert grant is not None
    pair = Tokens(Secret(grant.access_token), None)
    await world.vault.connections.save("my-notion", "notion", Account(id=bot or grant.bot.id), pair)
    async with world.worker(notion_origin=origin, **options) as worker:
        yield Desk(worker, notion, grant.bot.id, world.seal("connection", "my-notion"))
