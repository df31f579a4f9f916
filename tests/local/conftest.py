"""A client for the stand-in for Notion, held to Notion's published types at every call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from local.notion import ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID, StandIn, Workspace, create_app
from tests.local.application import CALLBACK, Application
from tests.local.notion_schema.recording import RecordingTransport

Json = dict[str, Any]
NEWEST = "2026-03-11"


class Notion:
    """Call the stand-in as one bot, in one version unless a call names another."""

    def __init__(self, app: StandIn, token: str) -> None:
        self.workspace = app.workspace
        self.token = token
        self.transport = RecordingTransport(httpx.ASGITransport(app=app))
        self.http = httpx.AsyncClient(transport=self.transport, base_url="http://notion.test")

    async def send(self, method: str, path: str, json: Any = None, version: str = NEWEST) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Notion-Version": version}
        return await self.http.request(method, path, json=json, headers=headers)

    async def ok(self, method: str, path: str, json: Any = None, version: str = NEWEST) -> Json:
        response = await self.send(method, path, json, version)
        assert response.status_code == 200, response.text
        return response.json()

    async def row(self, version: str = NEWEST, **properties: Any) -> Json:
        holder = (
            {"database_id": ORDERS_DATABASE_ID}
            if version == "2022-06-28"
            else {"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID}
        )
        return await self.ok("POST", "/v1/pages", {"parent": holder, "properties": properties}, version)

    async def upload(self, id: str, content: bytes, kind: str = "text/plain", **fields: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", "Notion-Version": NEWEST}
        files = {"file": ("note.txt", content, kind)}
        return await self.http.post(f"/v1/file_uploads/{id}/send", files=files, data=fields, headers=headers)

    async def uploaded(self, filename: str = "note.txt", kind: str = "text/plain") -> str:
        """Return the id of a file that is uploaded and not attached yet."""
        made = await self.ok("POST", "/v1/file_uploads", {"filename": filename, "content_type": kind})
        assert (await self.upload(made["id"], b"hello", kind)).status_code == 200
        return made["id"]

    async def named(self, name: str, **properties: Any) -> Json:
        return await self.row(Name={"title": [{"text": {"content": name}}]}, **properties)

    async def query(self, **body: Any) -> Json:
        return await self.ok("POST", f"/v1/data_sources/{ORDERS_DATA_SOURCE_ID}/query", body)

    async def names(self, **body: Any) -> list[str]:
        return [title(row) for row in (await self.query(**body))["results"]]


def title(row: Json) -> str:
    return "".join(item["plain_text"] for item in row["properties"]["Name"]["title"])


class Clock:
    """Tell a time that stands still."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Ticks:
    """Count seconds that do not pass."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
async def application(clock: Clock) -> AsyncIterator[Application]:
    application = Application(Workspace(redirect_uris=(CALLBACK,), clock=clock))
    async with application.http:
        yield application


@pytest.fixture
def workspace() -> Workspace:
    return Workspace()


@pytest.fixture
async def notion(workspace: Workspace) -> AsyncIterator[Notion]:
    client = Notion(create_app(workspace), workspace.connect())
    async with client.http:
        yield client
