from __future__ import annotations

from typing import Any

from steps.testing import simulate
from workflows.order_upsert import OrderUpsert

ENV = {"NOTION_DATABASE_ID": "db1"}
SCHEMA: dict[str, Any] = {"Name": "title", "Total": "number", "Currency": "rich_text", "Paid": "checkbox"}
ORDER = {"name": "#1001", "total_price": "12.50"}


async def test_an_order_is_recorded_once_and_then_kept_up_to_date():
    async with simulate(OrderUpsert, env=ENV) as world:
        world.connect("my-notion")
        world.notion.database("db1", SCHEMA)
        first = await world.run(data=ORDER)
        second = await world.run(data={**ORDER, "paid": True})
        other = await world.run(data={**ORDER, "name": "#1002"})
    assert first.check().result["created"] is True
    assert second.check().result == {"id": first.result["id"], "created": False}
    assert other.check().result["created"] is True
    assert [page["properties"]["Paid"]["checkbox"] for page in world.notion.pages] == [True, False]
    assert first.log == ["Created https://app.notion.com/p/page-1"]


async def test_many_runs_at_once_make_one_record():
    async with simulate(OrderUpsert, env=ENV) as world:
        world.connect("my-notion")
        world.notion.database("db1", SCHEMA)
        runs = [await world.start(data=ORDER) for _ in range(5)]
        for run in runs:
            await run.finish()
    assert sorted(run.check().result["created"] for run in runs) == [False] * 4 + [True]
    assert len(world.notion.pages) == 1


async def test_an_order_that_does_not_fit_fails_with_everything_that_is_wrong():
    async with simulate(OrderUpsert, env=ENV) as world:
        world.connect("my-notion")
        world.notion.database("db1", {**SCHEMA, "Paid": {"select": ["yes", "no"]}})
        run = await world.run(data={"name": "#1001", "total_price": "12,50"})
    [failure] = run.failures
    assert failure.type == "record-invalid"
    assert "Total" in failure.message
    assert "Paid" in failure.message
    assert world.notion.pages == []


async def test_a_rate_limit_is_waited_for():
    async with simulate(OrderUpsert, env=ENV) as world:
        world.connect("my-notion")
        world.notion.database("db1", SCHEMA)
        world.notion.fail("rate_limited", times=2, retry_after=30)
        run = await world.run(data=ORDER)
    assert [call.status for call in run.check().calls] == [429, 429, 200, 200, 200]


async def test_an_upsert_waits_for_a_connection_that_is_lost():
    async with simulate(OrderUpsert, env=ENV) as world:
        world.connect("my-notion")
        world.notion.database("db1", SCHEMA)
        world.notion.fail("unauthorized")
        run = await world.start(data=ORDER)
        await run.sleep("1 day")
        assert run.status == "running"
        await world.reconnect("my-notion")
        await run.finish()
    assert run.check().result["created"] is True
    assert len(world.notion.pages) == 1
