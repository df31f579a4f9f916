from __future__ import annotations

from typing import Any

from steps.testing import simulate
from workflows.order_fan_out import OrderFanOut

ENV = {"NOTION_DATABASE_ID": "db1"}
BREAD = {"title": "Bread", "quantity": 2, "price": 3.2}
MILK = {"title": "Milk", "quantity": 1, "price": 1.1}


def order(*lines: dict[str, Any]) -> dict[str, Any]:
    return {"name": "#1001", "line_items": list(lines)}


async def test_each_line_becomes_a_page():
    async with simulate(OrderFanOut, env=ENV) as world:
        world.connect("my-notion")
        run = await world.run(data=order(BREAD, MILK))
    assert run.check().steps == ["start", "record_line", "record_line", "summarise"]
    assert (len(run.result["pages"]), run.result["total"]) == (2, 7.5)
    assert sorted(page["properties"]["Total"]["number"] for page in world.notion.pages) == [1.1, 6.4]
    assert {page["parent"]["database_id"] for page in world.notion.pages} == {"db1"}
    assert run.log[-1] == "Every line of order #1001 is in Notion"


async def test_an_order_without_lines_is_done():
    async with simulate(OrderFanOut, env=ENV) as world:
        run = await world.run(data=order())
    assert run.check().steps == ["start", "summarise"]
    assert world.notion.pages == []


async def test_a_line_that_notion_refuses_leaves_the_others_alone():
    async with simulate(OrderFanOut, env=ENV) as world:
        world.connect("my-notion")
        world.notion.fail("validation_error", "Total is no number")
        run = await world.run(data=order(BREAD, MILK))
    assert run.failed
    assert len(world.notion.pages) == 1
    (failure,) = run.failures
    assert failure.type == "notion-error"
    assert run.log[-1] == "1 lines are missing"
    assert run.log[-1].level == "error"
    assert "Total is no number" in run.log[-1].fields["lines"][0]


async def test_a_rate_limit_is_waited_for():
    async with simulate(OrderFanOut, env=ENV) as world:
        world.connect("my-notion")
        world.notion.fail("rate_limited", times=3, retry_after=30)
        run = await world.run(data=order(BREAD))
    assert [call.status for call in run.check().calls] == [429, 429, 429, 200]
    assert run.steps[-1].ended > 90
    assert len(world.notion.pages) == 1


async def test_a_line_of_no_quantity_fails_the_start():
    async with simulate(OrderFanOut, env=ENV) as world:
        run = await world.run(data=order({**BREAD, "quantity": 0}))
    assert run.failures[0].type == "payload-invalid"
    assert "line_items.0.quantity" in run.failures[0].message
