"""The small Notion in memory."""

from __future__ import annotations

from typing import Any

import pytest

from steps.testing import FakeNotion, UnexpectedCall, World, simulate
from tests.steps.testing.flows import Writes

PAGE: dict[str, Any] = {"parent": {"database_id": "db1"}, "properties": {"Total": {"number": 1}}}
CREATE: dict[str, Any] = {"method": "POST", "path": "/v1/pages", "body": PAGE}
QUERY = "/v1/databases/db1/query"


async def answer(world: World, method: str, path: str, body: Any = None) -> Any:
    run = await world.run(data={"method": method, "path": path, "body": body})
    return run.check().result


async def test_pages_are_created_read_changed_and_found():
    async with simulate(Writes) as world:
        world.connect("my-notion")
        page = await answer(world, **CREATE)
        assert world.notion.pages == [page]
        changed = {"properties": {"Paid": {"checkbox": True}}, "archived": False}
        await answer(world, "PATCH", f"/v1/pages/{page['id']}", changed)
        read = await answer(world, "GET", f"/v1/pages/{page['id']}")
        assert read["properties"] == {"Total": {"number": 1}, "Paid": {"checkbox": True}}
        assert (await answer(world, "POST", QUERY, {}))["results"] == [read]
        await answer(world, "PATCH", f"/v1/pages/{page['id']}", {"archived": True})
        assert (await answer(world, "POST", QUERY, {}))["results"] == []


async def test_rows_come_a_page_at_a_time():
    async with simulate(Writes) as world:
        world.connect("my-notion")
        for number in range(3):
            world.notion.add_page("db1", {"Total": {"number": number}})
        first = await answer(world, "POST", QUERY, {"page_size": 2})
        second = await answer(world, "POST", QUERY, {"page_size": 2, "start_cursor": first["next_cursor"]})
    assert [len(first["results"]), first["has_more"]] == [2, True]
    assert [len(second["results"]), second["has_more"], second["next_cursor"]] == [1, False, None]


@pytest.mark.parametrize(
    ("method", "path", "body", "says"),
    [
        ("POST", QUERY, {"filter": {"property": "Paid"}}, "evaluates no filter"),
        ("GET", "/v1/databases/db1", None, "serves pages, blocks, comments and uploads alone"),
        ("DELETE", "/v1/pages/page-1", None, "serves pages, blocks, comments and uploads alone"),
    ],
)
async def test_what_the_fake_does_not_know_needs_an_answer(method: str, path: str, body: Any, says: str):
    data = {"method": method, "path": path, "body": body}
    async with simulate(Writes) as world:
        world.connect("my-notion")
        world.notion.add_page("db1", {})
        with pytest.raises(UnexpectedCall, match=says):
            await world.run(data=data)
        world.notion.on(method, path).reply(200, json={"object": "list"})
        assert (await world.run(data=data)).check().result == {"object": "list"}


@pytest.mark.parametrize(
    ("code", "statuses", "kind"),
    [
        ("rate_limited", [429, 200], None),
        ("conflict_error", [409, 200], None),
        ("service_overload", [529, 200], None),
        ("internal_server_error", [500, 200], None),
        ("validation_error", [400], "notion-error"),
        ("object_not_found", [404], "notion-error"),
        ("answer_lost", [0], "notion-error"),
    ],
)
async def test_a_write_fails_or_is_sent_again_as_the_real_one(code: str, statuses: list[int], kind: str | None):
    async with simulate(Writes) as world:
        world.connect("my-notion")
        world.notion.fail(code)
        run = await world.run(data=CREATE)
    assert [call.status for call in run.calls] == statuses
    assert [failure.type for failure in run.failures] == ([kind] if kind else [])


async def test_an_error_may_be_written_as_notion_answers_it():
    async with simulate(Writes) as world:
        world.connect("my-notion")
        world.notion.on("POST", "/v1/pages").reply(400, json={"code": "validation_error", "message": "no such column"})
        run = await world.run(data=CREATE)
    assert "Notion 400 validation_error: no such column" in run.failures[0].message


async def test_notion_is_reached_by_connected_handles_alone():
    async with simulate(Writes) as world:
        run = await world.run(data=CREATE)
        world.connect("my-notion")
        world.break_connection("my-notion")
        broken = await world.start(data=CREATE)
        await broken.sleep("31 days")
        world.connect("my-notion")
        await answer(world, **CREATE)
    assert run.failures[0].type == "connection-not-found"
    assert broken.failures[0].type == "connection-needs-reauthorization"
    assert run.calls[0].headers["authorization"] == "Bearer <token of my-notion>"


def test_a_code_that_notion_does_not_have_is_refused():
    with pytest.raises(ValueError, match="rate_limited"):
        FakeNotion().fail("too_fast")
