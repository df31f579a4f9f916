"""Which row of a database is taken for the one that an earlier attempt made."""

from __future__ import annotations

import pytest

from local.notion import ORDERS_DATA_SOURCE_ID, ORDERS_DATABASE_ID, StandIn
from steps.http import Again
from tests.activities.conftest import World
from tests.activities.desk import APPEND, CREATE, QUERY, Desk, desk, opened, paragraph, row
from tests.activities.test_stand_in import notion, origin

__all__ = ["desk", "notion", "origin"]


async def test_the_oldest_row_with_what_was_sent_is_taken(desk: Desk) -> None:
    desk.page()
    page = desk.page(minutes=1)
    desk.page("1002", minutes=1)
    found = await desk.call(*CREATE, row())
    assert found["id"] == page.id
    assert desk.asked == [QUERY]


@pytest.mark.parametrize("why", ["another's", "too old", "made by another write", "another title", "another value"])
async def test_a_row_is_not_taken(desk: Desk, why: str) -> None:
    person = desk.notion.workspace.default_person.id
    page = desk.page(
        "1002" if why == "another title" else "1001",
        author=person if why == "another's" else None,
        minutes=3 if why == "too old" else 0,
    )
    again = Again(made=[page.id]) if why == "made by another write" else None
    body = row(Total={"number": 3}) if why == "another value" else row()
    found = await desk.call(*CREATE, body, again=again)
    assert found["id"] != page.id
    assert desk.asked[-1] == CREATE


async def test_a_row_is_known_by_its_key_whatever_else_has_changed(desk: Desk) -> None:
    desk.page("A-1")
    page = desk.page("A-1", minutes=1)
    found = await desk.call(*CREATE, row("A-1", Total={"number": 3}), key="Name")
    assert found["id"] == page.id


async def test_a_key_counts_to_the_letter(desk: Desk) -> None:
    page = desk.page("a-1")  # Notion's filter finds it
    found = await desk.call(*CREATE, row("A-1"), key="Name")
    assert found["id"] != page.id


@pytest.mark.parametrize(
    ("parent", "version"),
    [
        ({"database_id": ORDERS_DATABASE_ID}, "2022-06-28"),
        ({"data_source_id": ORDERS_DATA_SOURCE_ID}, "2022-06-28"),
        ({"data_source_id": ORDERS_DATA_SOURCE_ID}, "2025-09-03"),
        ({"type": "data_source_id", "data_source_id": ORDERS_DATA_SOURCE_ID}, "2026-03-11"),
        ({"database_id": ORDERS_DATABASE_ID}, "2026-03-11"),
    ],
)
async def test_a_row_is_found_in_each_version(desk: Desk, parent: dict[str, str], version: str) -> None:
    page = desk.page()
    found = await desk.call(*CREATE, {**row(), "parent": parent}, version=version)
    assert found["id"] == page.id
    assert found["parent"]["type"] == ("database_id" if version == "2022-06-28" else "data_source_id")


async def test_a_row_is_known_by_its_blocks_too(desk: Desk) -> None:
    desk.page()
    body = {**row(), "children": [paragraph("first")]}
    made = await desk.call(*CREATE, body)
    assert desk.asked[-1] == CREATE
    assert (await desk.call(*CREATE, body))["id"] == made["id"]


async def test_where_nothing_can_be_compared_nothing_is_guessed(desk: Desk) -> None:
    desk.page()
    failure = await desk.failure(desk.call(*CREATE, {"parent": {"database_id": ORDERS_DATABASE_ID}, "properties": {}}))
    assert (failure.non_retryable, failure.details[0]["code"]) == (True, "answer_lost")
    assert "none of the properties that were sent can be compared" in failure.message
    assert CREATE not in desk.asked


async def test_the_account_may_have_another_id_than_its_bot(world: World, notion: StandIn, origin: str) -> None:
    async with opened(world, notion, origin, bot="the id of an authorization") as desk:
        page = desk.page()
        desk.page(author=notion.workspace.default_person.id, minutes=-1)
        assert (await desk.call(*CREATE, row()))["id"] == page.id
        assert desk.asked == [QUERY, ("GET", "/v1/users/me")]


async def test_a_list_that_is_too_large_is_read_in_smaller_pages(world: World, notion: StandIn, origin: str) -> None:
    async with opened(world, notion, origin, max_response_bytes=40_000) as desk:
        for number in range(60):
            desk.block(f"{number} " + 500 * "x")
        last = desk.block("the last")
        found = await desk.call(*APPEND, {"children": [paragraph("the last")]})
        assert found["results"][0]["id"] == last.id
        sizes = [call["query"].partition("&")[0] for call in notion.workspace.calls.as_json()]
        assert sizes == ["page_size=100", "page_size=20", "page_size=20", "page_size=20", "page_size=20"]
