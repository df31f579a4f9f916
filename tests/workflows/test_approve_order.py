from __future__ import annotations

import pytest

from steps.testing import World, simulate
from workflows.approve_order import ApproveOrder

CHAT = "https://chat.example.com/hook"
ENV = {"NOTION_DATABASE_ID": "db1"}
SMALL = {"name": "#1001", "total_price": 100}
LARGE = {"name": "#1002", "total_price": 101}


def totals(world: World) -> list[float]:
    return [page["properties"]["Total"]["number"] for page in world.notion.pages]


async def test_a_small_order_is_recorded_without_asking():
    async with simulate(ApproveOrder, env=ENV) as world:
        world.connect("my-notion")
        run = await world.run(data=SMALL)
    assert run.check().steps == ["start", "record_order"]
    assert totals(world) == [100]


@pytest.mark.parametrize("event", [None, {"decision": "approve"}, {"decision": "decline"}])
async def test_a_large_order_waits_for_the_answer(event: dict[str, str] | None):
    declined = event == {"decision": "decline"}
    event = event or {}
    async with simulate(ApproveOrder, env=ENV) as world:
        world.connect("my-notion")
        run = await world.start(data=LARGE)
        await run.sleep("2 days")
        assert run.steps == ["start"]
        await run.resume("answered", event)
        await run.finish()
    assert run.check().steps == ["start", "answered", "decline" if declined else "record_order"]
    assert totals(world) == ([] if declined else [101])


async def test_an_order_that_nobody_answers_is_declined_after_three_days():
    async with simulate(ApproveOrder, env=ENV) as world:
        run = await world.run(data=LARGE)
    assert run.check().steps == ["start", "decline"]
    assert run.steps[1].began == pytest.approx(3 * 24 * 3600, abs=1)
    assert "Order #1002 was not approved" in run.log


async def test_the_chat_gets_both_links():
    async with simulate(ApproveOrder, env={**ENV, "APPROVAL_WEBHOOK": CHAT}) as world:
        world.on("POST", CHAT).reply(200)
        run = await world.start(data=LARGE)
        await run.wait_for("answered")
    text = run.calls[0].json["text"]
    assert text.startswith("Approve order #1002 over 101.00? Yes: https://")
    assert "?decision=decline" in text


async def test_a_chat_that_cannot_be_reached_fails_the_run_and_nothing_waits():
    async with simulate(ApproveOrder, env={**ENV, "APPROVAL_WEBHOOK": CHAT}) as world:
        world.on("POST", CHAT).fail()
        run = await world.run(data=LARGE)
    assert run.failures[0].type == "fetch-failed"
    assert run.waiting == []


async def test_an_answer_for_a_lost_connection_waits_until_it_is_there_again():
    async with simulate(ApproveOrder, env=ENV) as world:
        world.connect("my-notion")
        run = await world.start(data=LARGE)
        await run.wait_for("answered")
        world.break_connection("my-notion")
        await run.resume("answered", {})
        assert run.status == "running"
        await world.reconnect("my-notion")
        await run.finish()
    assert run.completed
