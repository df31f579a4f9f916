"""Requests to Notion: what is none, what may not stand in one, and what each does if it is made twice."""

from __future__ import annotations

from typing import Any

import pytest

from activities.notion.writes import Kind, Write
from tests.activities.conftest import World
from tests.activities.servers import reply, serving


@pytest.mark.parametrize(
    "fields",
    [
        {"method": "TRACE"},
        {"path": "/v2/pages"},
        {"path": "https://evil.example/v1/"},
        {"path": "/v1/../secrets"},
        {"path": "/v1/%2e%2e/secrets"},
        {"path": "/v1/./pages"},
        {"path": "/v1//evil.example"},
        {"path": "/v1/pages?x=1"},
        {"path": "/v1/pages#x"},
        {"path": "/v1/pages\r\nX: y"},
        {"path": "/v1@evil.example/pages"},
        {"version": "2022-06-28\r\nX: y"},
        {"version": "latest"},
    ],
)
async def test_what_is_no_call_of_notion_is_refused(world: World, fields: dict[str, str]) -> None:
    await world.connect()
    async with serving(reply(200, {})) as server, world.worker(notion_origin=server.origin) as worker:
        given = {"method": "GET", "path": "/v1/pages"} | fields
        failure = await worker.failure(worker.notion(given.pop("method"), given.pop("path"), **given))
        assert (failure.type, failure.non_retryable) == ("request-invalid", True)
        assert server.calls == []


async def test_a_sealed_token_belongs_in_no_body(world: World) -> None:
    token = await world.connect()
    async with serving(reply(200, {})) as server, world.worker(notion_origin=server.origin) as worker:
        calls: list[dict[str, Any]] = [
            {"body": {"title": f"a {token}"}},
            {"params": {"start_cursor": str(token)}},
            {"path": f"/v1/pages/{str(token).replace(':', '%3A')}"},
        ]
        for fields in calls:
            failure = await worker.failure(worker.notion("POST", fields.pop("path", "/v1/pages"), **fields))
            assert failure.type == "seal-invalid"
        assert server.calls == []


async def test_a_connection_that_is_not_there_is_named(world: World) -> None:
    async with world.worker() as worker:
        for handle in ("nobody", "é", "my notion\r\n", ""):
            failure = await worker.failure(worker.notion("GET", "/v1/pages/1", handle=handle))
            assert failure.type == "connection-not-found"


@pytest.mark.parametrize(
    ("method", "path", "body", "kind"),
    [
        ("GET", "/v1/anything", {}, Kind.READ),
        ("POST", "/v1/search", {}, Kind.READ),
        ("POST", "/v1/databases/1/query", {}, Kind.READ),
        ("POST", "/v1/data_sources/1/query", {}, Kind.READ),
        ("POST", "/v1/pages/1/query", {}, Kind.UNKNOWN),
        ("POST", "/v1/databases/1/query/2", {}, Kind.UNKNOWN),
        ("PATCH", "/v1/search", {}, Kind.UNKNOWN),
        ("POST", "/v1/pages", {}, Kind.PAGE),
        ("PATCH", "/v1/blocks/1/children", {}, Kind.APPEND),
        ("POST", "/v1/comments", {}, Kind.COMMENT),
        ("POST", "/v1/databases", {}, Kind.DATABASE),
        ("POST", "/v1/data_sources", {}, Kind.DATA_SOURCE),
        ("POST", "/v1/file_uploads", {}, Kind.REPEATABLE),
        ("POST", "/v1/file_uploads/1/send", {}, Kind.UPLOAD),
        ("POST", "/v1/file_uploads/1/complete", {}, Kind.UPLOAD),
        ("POST", "/v1/pages/1/move", {}, Kind.REPEATABLE),
        ("PATCH", "/v1/pages/1", {"properties": {}}, Kind.REPEATABLE),
        ("PATCH", "/v1/blocks/1", {"paragraph": {}}, Kind.REPEATABLE),
        ("PATCH", "/v1/databases/1", {}, Kind.REPEATABLE),
        ("PATCH", "/v1/data_sources/1", {}, Kind.REPEATABLE),
        ("PATCH", "/v1/comments/1", {}, Kind.REPEATABLE),
        ("DELETE", "/v1/comments/1", {}, Kind.REPEATABLE),
        ("PATCH", "/v1/pages/1", {"in_trash": True}, Kind.TRASH),
        ("PATCH", "/v1/pages/1", {"archived": True}, Kind.TRASH),
        ("PATCH", "/v1/pages/1", {"archived": False}, Kind.REPEATABLE),
        ("DELETE", "/v1/blocks/1", {}, Kind.TRASH),
        ("PATCH", "/v1/pages/1", {"template": {"type": "default"}}, Kind.UNKNOWN),
        ("PATCH", "/v1/pages/1/markdown", {}, Kind.UNKNOWN),
        ("POST", "/v1/views", {}, Kind.UNKNOWN),
        ("PUT", "/v1/pages/1", {}, Kind.UNKNOWN),
    ],
)
def test_a_request_is_told_by_method_and_path(method: str, path: str, body: dict[str, Any], kind: Kind) -> None:
    assert Write(method, path, body, "2022-06-28").kind is kind
