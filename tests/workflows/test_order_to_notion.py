from __future__ import annotations

import pytest

from steps.testing import SimulatedRun, World, simulate
from workflows.order_to_notion import OrderToNotion

PAGES = "https://api.notion.com/v1/pages"
ORDER = {"name": "#1001", "total_price": "12.50", "currency": "EUR"}
ENV = {"NOTION_DATABASE_ID": "db1"}


async def test_an_order_becomes_a_page():
    async with simulate(OrderToNotion, env=ENV) as world:
        world.connect("my-notion")
        world.on("POST", PAGES).reply(200, json={"id": "page-1"})
        run = await world.run(data=ORDER)
    assert run.check().steps == ["start", "create_record"]
    assert run.calls[0].json["parent"] == {"database_id": "db1"}
    assert run.calls[0].json["properties"]["Total"] == {"number": 12.5}
    assert run.calls[0].headers["authorization"] == "Bearer <token of my-notion>"
    assert "Created page page-1" in run.log


async def test_the_page_is_created_ten_seconds_after_the_order():
    async with simulate(OrderToNotion, env=ENV) as world:
        world.connect("my-notion")
        world.on("POST", PAGES).reply(200, json={"id": "page-1"})
        run = await world.start(data=ORDER)
        await run.sleep(9)
        assert run.steps == ["start"]
        assert run.calls == []
        await run.sleep(2)
    assert run.check().steps == ["start", "create_record"]


async def test_a_network_that_fails_for_a_while_makes_one_page():
    async with simulate(OrderToNotion, env=ENV) as world:
        world.connect("my-notion")
        world.on("POST", PAGES).fail("the connection was cut", times=2).reply(200, json={"id": "page-1"})
        run = await world.run(data=ORDER)
    assert [call.status for call in run.check().calls] == [None, None, 200]


def answers_with_an_error(world: World) -> None:
    world.connect("my-notion")
    world.on("POST", PAGES).reply(400, text="body failed validation")


def never_answers(world: World) -> None:
    world.connect("my-notion")
    world.on("POST", PAGES).fail("the connection was cut")


def is_not_connected(world: World) -> None:
    pass


@pytest.mark.parametrize(
    ("notion", "kind", "says", "calls"),
    [
        (answers_with_an_error, "RuntimeError", "Notion API 400: body failed validation", 1),
        (never_answers, "fetch-failed", "the connection was cut", 100),
        (is_not_connected, "connection-not-found", "my-notion", 0),
    ],
)
async def test_a_run_fails_when_notion(notion: object, kind: str, says: str, calls: int):
    async with simulate(OrderToNotion, env=ENV) as world:
        assert callable(notion)
        notion(world)
        run = await world.run(data=ORDER)
    fails_with(run, "create_record", kind, says)
    assert len(run.calls) == calls


async def test_a_run_waits_for_a_connection_that_has_lost_its_authorization():
    async with simulate(OrderToNotion, env=ENV) as world:
        world.connect("my-notion")
        world.break_connection("my-notion")
        world.on("POST", "https://api.notion.com/v1/pages").reply(200, json={"id": "page-1"})
        run = await world.start(data=ORDER)
        await run.sleep("3 days")
        assert (run.status, run.calls) == ("running", [])
        await world.reconnect("my-notion")
        assert run.check().steps == ["start", "create_record"]
    assert len(run.calls) == 1


async def test_a_run_without_its_variable_says_which():
    async with simulate(OrderToNotion) as world:
        world.connect("my-notion")
        run = await world.run(data=ORDER)
    fails_with(run, "create_record", "variable-not-found", "NOTION_DATABASE_ID")


async def test_an_order_without_a_total_fails_at_once():
    async with simulate(OrderToNotion, env=ENV) as world:
        run = await world.run(data={"name": "#1001"})
    fails_with(run, "start", "KeyError", "total_price")
    assert run.steps == ["start"]


def fails_with(run: SimulatedRun, step: str, kind: str, says: str) -> None:
    assert run.failed
    (failure,) = run.failures
    assert (failure.step, failure.type) == (step, kind)
    assert says in failure.message
