"""Answers to `api.fetch`."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest

from steps import FetchFailed
from steps.testing import Call, Reply, SimulationError, UnexpectedCall, simulate
from tests.steps.testing.flows import HOME, CatchesAll, Fetches, Signs

REPLIES: list[tuple[dict[str, Any], list[Any]]] = [
    ({"json": {"id": 1}}, [200, '{"id": 1}', {"content-type": "application/json"}]),
    ({"status": 404, "text": "gone"}, [404, "gone", {}]),
    ({"status": 204, "headers": {"X-Left": "9"}}, [204, "", {"x-left": "9"}]),
]


@pytest.mark.parametrize(("reply", "result"), REPLIES)
async def test_a_reply_is_what_the_step_gets(reply: dict[str, Any], result: Any):
    async with simulate(Fetches) as world:
        world.on("GET", HOME).reply(**reply)
        run = await world.run(data={})
    assert run.check().result == result
    assert run.calls[0].status == result[0]


@pytest.mark.parametrize(
    ("pattern", "url", "takes"),
    [
        (HOME, HOME, True),
        (HOME, f"{HOME}?page=2", True),
        (f"{HOME}?page=2", f"{HOME}?page=2", True),
        (f"{HOME}?page=2", f"{HOME}?page=3", False),
        ("https://*.example.com/*", HOME, True),
        (f"{HOME}/*", HOME, False),
        (re.compile("example.com/ord"), HOME, True),
        (re.compile("^/orders"), HOME, False),
    ],
)
async def test_an_address_is_matched(pattern: str | re.Pattern[str], url: str, takes: bool):
    async with simulate(Fetches) as world:
        world.on("*", "*").reply(404)
        world.on("GET", pattern).reply(200)
        run = await world.run(data={"url": url})
    assert run.result[0] == (200 if takes else 404)


async def test_parameters_are_part_of_the_address():
    async with simulate(Fetches) as world:
        world.on("GET", f"{HOME}?page=2&size=5").reply(200)
        run = await world.run(data={"url": f"{HOME}?page=2", "params": {"size": 5}})
    assert run.check().calls[0].url == f"{HOME}?page=2&size=5"


async def test_what_was_sent_can_be_looked_at():
    async with simulate(Fetches) as world:
        world.on("POST", HOME).reply()
        run = await world.run(data={"method": "post", "headers": {"X-Shop": "1"}, "json": {"name": "#1"}})
        other = await world.run(data={"method": "post", "content": "name=1"})
    (call,) = run.calls
    assert (call.step, call.method, call.url, call.attempt) == ("start", "POST", HOME, 1)
    assert call.headers == {"x-shop": "1"}
    assert call.json == {"name": "#1"}
    assert other.calls[0].text == "name=1"


async def test_answers_come_one_after_the_other_and_the_last_one_stays():
    async with simulate(Fetches) as world:
        world.on("GET", HOME).reply(500, times=2).reply(200).reply(201)
        statuses = [(await world.run(data={})).result[0] for _ in range(5)]
    assert statuses == [500, 500, 200, 201, 201]


async def test_a_function_answers_what_it_likes():
    async def answer(call: Call) -> Reply:
        await asyncio.sleep(0)
        return Reply(200, json={"twice": call.json["number"] * 2})

    async with simulate(Fetches) as world:
        world.on("POST", HOME).reply(answer)
        run = await world.run(data={"method": "POST", "json": {"number": 21}})
    assert run.check().result[1] == '{"twice": 42}'


async def test_a_function_may_raise_what_a_step_can_meet():
    def answer(call: Call) -> Reply:
        raise FetchFailed("no route")

    async with simulate(Fetches) as world:
        world.on("GET", HOME).reply(answer)
        run = await world.run(data={"retry": 1})
    assert run.failures[0].type == "fetch-failed"


async def test_a_network_failure_is_tried_again_as_the_step_asked():
    async with simulate(Fetches) as world:
        world.on("GET", HOME).fail("the connection was cut")
        run = await world.run(data={"retry": 3})
    assert run.failures[0].type == "fetch-failed"
    assert [call.attempt for call in run.calls] == [1, 2, 3]
    assert run.calls[2].error == "the connection was cut"
    gaps = [(after.at - before.at).total_seconds() for before, after in zip(run.calls, run.calls[1:], strict=False)]
    assert gaps == pytest.approx([1, 2], abs=0.5)


async def test_a_call_without_an_answer_fails_the_test_and_names_what_there_is():
    async with simulate(Fetches) as world:
        world.on("POST", HOME).reply()
        with pytest.raises(UnexpectedCall) as caught:
            await world.run(data={})
    assert str(caught.value) == (
        f"A step called GET {HOME}, and the test has no answer.\nThere are answers to:\n  POST {HOME}\n"
        f'Set one:\n  world.on("GET", "{HOME}").reply(200, json={{}})'
    )
    assert "Fetches, run fetches/" in caught.value.__notes__[0]


async def test_a_step_that_catches_everything_does_not_hide_a_call_without_an_answer():
    with pytest.raises(UnexpectedCall):
        async with simulate(CatchesAll) as world:
            await world.run()


async def test_a_call_without_an_answer_fails_the_test_also_where_nobody_waited_for_the_run():
    async def test() -> None:
        async with simulate(Fetches) as world:
            await world.start(data={})
            await asyncio.sleep(0.2)

    with pytest.raises(UnexpectedCall):
        await test()


async def test_used_up_answers_fail_the_test():
    async with simulate(Fetches) as world:
        world.on("GET", HOME).fail(times=2)
        with pytest.raises(UnexpectedCall, match="has given its 2 answers"):
            await world.run(data={})


async def test_a_mistake_in_a_function_of_the_test_is_the_one_that_is_raised():
    def answer(call: Call) -> Reply:
        raise ZeroDivisionError("in the test")

    async with simulate(Fetches) as world:
        world.on("GET", HOME).reply(answer)
        with pytest.raises(ZeroDivisionError, match="in the test"):
            await world.run(data={})
        world.on("GET", HOME).reply(lambda call: {"status": 200})  # pyright: ignore[reportArgumentType]  # on purpose
        with pytest.raises(SimulationError, match="is no Reply"):
            await world.run(data={})


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ({"url": "https://api.notion.com/v1/pages"}, None),
        ({"url": "http://api.notion.com/v1/pages"}, "egress-denied"),
        ({"url": "https://elsewhere.example.com/"}, "egress-denied"),
        ({"url": "https://api.notion.com/v1/pages", "body": True}, "seal-invalid"),
        ({"url": "https://mail.example.com/", "variable": True}, None),
        ({"url": "https://api.notion.com/", "variable": True}, "egress-denied"),
    ],
)
async def test_a_secret_goes_where_the_real_worker_would_send_it(data: dict[str, Any], kind: str | None):
    async with simulate(Signs, secret_env={"KEY": "mail.example.com"}) as world:
        world.connect("my-notion")
        world.on("POST", "*").reply()
        run = await world.run(data=data)
    assert [failure.type for failure in run.failures] == ([kind] if kind else [])
    if kind is None:
        wanted = "<secret KEY>" if data.get("variable") else "<token of my-notion>"
        assert run.calls[0].headers == {"x-key": wanted}
