"""The Notion client in a simulated world."""

from __future__ import annotations

from typing import Any

import pytest

from steps.testing import SimulatedRun, simulate
from tests.client.flows import Tour
from tests.steps.testing.client_flows import UsesNotion


async def use(do: str, **more: Any) -> SimulatedRun:
    async with simulate(UsesNotion) as world:
        world.connect("my-notion")
        world.notion.on("POST", "/v1/search").reply(200, json={"results": [{"id": "a"}], "has_more": True})
        return await world.run(data={"do": do, **more})


async def test_pages_are_made_changed_trashed_and_read():
    run = await use("pages")
    assert run.check().result == [[1, 0, 1], ["Name", "Total"], ["paragraph"]]
    assert run.calls[1].json == {"properties": {"Total": {"number": 2}}, "icon": None}
    assert run.calls[2].url == "https://api.notion.com/v1/data_sources/db1/query"


@pytest.mark.parametrize(("do", "result"), [("search", ["a"]), ("me", "user"), ("fetched", ["uploaded", "report.pdf"])])
async def test_a_call_has_an_answer(do: str, result: Any):
    assert (await use(do)).check().result == result


@pytest.mark.parametrize(
    ("do", "kind", "words"),
    [
        ("empty", "request-invalid", "The file is empty"),
        ("too_large", "payload-too-large", "use notion.upload_from"),
        ("too_many", "request-invalid", "Notion takes 100 blocks at once"),
        ("unknown", "request-invalid", "2022-06-28, 2025-09-03, 2026-03-11"),
    ],
)
async def test_what_cannot_be_sent_is_refused_before(do: str, kind: str, words: str):
    run = await use(do)
    assert run.failures[0].type == kind
    assert words in run.failures[0].message
    assert run.calls == []


@pytest.mark.parametrize(
    ("do", "result"),
    [
        ("blocks", [["1", "two", "four"], "paragraph"]),
        ("comments", [["Well?", "Well."], True]),
    ],
)
async def test_a_step_does_as_it_does_against_the_stand_in(do: str, result: Any):
    async with simulate(Tour) as world:
        world.connect("my-notion")
        run = await world.run(data={"do": do, "handle": "my-notion", "page": "page-1", "database": "db1"})
    assert run.check().result == result


async def test_what_a_step_uploads_and_says_is_at_hand():
    async with simulate(Tour) as world:
        world.connect("my-notion")
        for do in ("uploads", "comments"):
            run = await world.run(data={"do": do, "handle": "my-notion", "page": "page-1", "database": "db1"})
            assert run.ended
        assert [(upload["filename"], upload["status"]) for upload in world.notion.uploads] == [("a.txt", "uploaded")]
        assert [comment["rich_text"][0]["text"]["content"] for comment in world.notion.comments] == ["Well?", "Well."]
