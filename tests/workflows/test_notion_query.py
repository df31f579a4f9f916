from __future__ import annotations

from typing import Any

import pytest

from steps.testing import simulate
from workflows.notion_query import NotionQuery

ENV = {"NOTION_DATABASE_ID": "db1"}
NAME = {"Name": {"title": [{"text": {"content": "#1001"}}]}}
PAID = {"property": "Paid", "checkbox": {"equals": True}}


@pytest.mark.parametrize("data", [None, {}, {"page_size": 25}])
async def test_the_rows_of_the_database_are_the_result(data: dict[str, Any] | None):
    async with simulate(NotionQuery, env=ENV) as world:
        world.connect("my-notion")
        page = world.notion.add_page("db1", NAME)
        world.notion.add_page("another", NAME)
        run = await world.run(data=data)
    assert run.check().result == [{"id": page["id"], "url": page["url"], "properties": NAME}]
    assert run.log == ["Found 1 rows"]
    assert run.calls[0].json == {"page_size": 25}


async def test_the_size_of_the_answer_is_asked_for():
    async with simulate(NotionQuery, env=ENV) as world:
        world.connect("my-notion")
        for _ in range(3):
            world.notion.add_page("db1", NAME)
        run = await world.run(data={"page_size": 2})
    assert len(run.check().result) == 2
    assert run.log[0].fields == {"has_more": True}


async def test_filter_and_sorts_are_passed_on():
    sorts = [{"property": "Name", "direction": "ascending"}]
    async with simulate(NotionQuery, env=ENV) as world:
        world.connect("my-notion")
        world.notion.on("POST", "/v1/data_sources/db1/query").reply(200, json={"results": [], "has_more": False})
        run = await world.run(data={"filter": PAID, "sorts": sorts})
    assert run.check().result == []
    assert run.calls[0].json == {"filter": PAID, "sorts": sorts, "page_size": 25}


@pytest.mark.parametrize("code", ["object_not_found", "restricted_resource", "validation_error"])
async def test_what_notion_refuses_fails_the_run_at_once(code: str):
    async with simulate(NotionQuery, env=ENV) as world:
        world.connect("my-notion")
        world.notion.fail(code)
        run = await world.run()
    assert run.failures[0].type == "notion-error"
    assert code in run.failures[0].message
    assert len(run.calls) == 1


async def test_a_token_that_notion_no_longer_takes_lets_the_run_wait_for_a_new_one():
    async with simulate(NotionQuery, env=ENV) as world:
        world.connect("my-notion")
        world.notion.fail("unauthorized")
        run = await world.start()
        await run.sleep("1 hr")
        assert run.status == "running"
        await world.reconnect("my-notion")
    assert [call.status for call in run.check().calls] == [401, 200]


async def test_a_read_is_sent_again_when_notion_is_out_of_order():
    async with simulate(NotionQuery, env=ENV) as world:
        world.connect("my-notion")
        world.notion.fail("internal_server_error", times=2)
        run = await world.run()
    assert [call.status for call in run.check().calls] == [500, 500, 200]


@pytest.mark.parametrize("size", [0, 101, "many"])
async def test_a_size_that_notion_would_refuse_fails_the_start(size: object):
    async with simulate(NotionQuery, env=ENV) as world:
        run = await world.run(data={"page_size": size})
    assert run.failures[0].type == "payload-invalid"
    assert run.calls == []
