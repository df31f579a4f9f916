from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from steps.errors import NotionError, RequestInvalid
from steps.notion.results import Results


class Listing:
    """A list of numbers, of which Notion returns no more than `most`."""

    def __init__(self, count: int, most: int = 1_000_000) -> None:
        self.count, self.most = count, most
        self.asked: list[Mapping[str, Any]] = []

    async def ask(self, more: Mapping[str, Any]) -> Any:
        self.asked.append(more)
        start = int(more.get("start_cursor", 0))
        end = min(start + more["page_size"], self.count, self.most)
        cut = end == self.most < self.count
        status = {"request_status": {"type": "incomplete"}} if cut else {}
        following = None if end in (self.count, self.most) else str(end)
        return {
            "object": "list", "results": [*range(start, end)], "has_more": following is not None,
            "next_cursor": following, **status,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("count", "given", "sizes"),
    [
        (0, {}, [100]),
        (250, {}, [100, 100, 100]),
        (250, {"limit": 250}, [100, 100, 50]),
        (250, {"limit": 100}, [100]),
        (250, {"limit": 7}, [7]),
        (5, {"page_size": 2}, [2, 2, 2]),
        (5, {"page_size": 2, "limit": 3}, [2, 1]),
        (10_000, {}, [100] * 100),
    ],
)
async def test_no_more_is_asked_for_than_is_wanted(count: int, given: dict[str, Any], sizes: list[int]):
    listing = Listing(count)
    rows = await Results[int](listing.ask, **given).all()
    assert rows == [*range(min(count, given.get("limit", count)))]
    assert [asked["page_size"] for asked in listing.asked] == sizes
    assert all(asked.get("start_cursor", "") is not None for asked in listing.asked)


@pytest.mark.parametrize(
    ("count", "most", "limit", "rows", "told"),
    [
        (500, 300, None, 300, True),
        (500, 300, 300, 300, False),
        (500, 300, 301, 300, True),
        (300, 300, None, 300, False),
        (10_001, 10_000, None, 10_000, True),
        (10_001, 1_000_000, None, 10_000, True),
        (10_001, 1_000_000, 10_001, 10_001, False),
    ],
)
async def test_a_cut_is_told_after_the_rows_unless_it_was_asked_for(
    count: int, most: int, limit: int | None, rows: int, told: bool
):
    got: list[int] = []

    async def read() -> None:
        async for row in Results[int](Listing(count, most).ask, limit=limit):
            got.append(row)

    if told:
        with pytest.raises(NotionError) as caught:
            await read()
        assert caught.value.code == "query_result_limit_reached"
        assert caught.value.message.endswith(caught.value.advice)
    else:
        await read()
    assert len(got) == rows


async def test_awaited_it_is_the_first_page_and_goes_on_from_a_cursor():
    listing = Listing(5)
    first = await Results[int](listing.ask, page_size=2)
    then = await Results[int](listing.ask, page_size=2, start_cursor=first["next_cursor"])
    assert (first["results"], first["has_more"], then["results"]) == ([0, 1], True, [2, 3])


async def test_who_asks_twice_is_answered_anew():
    listing = Listing(3)
    results = Results[int](listing.ask)
    assert await results.all() == await results.all() == [0, 1, 2]
    assert len(listing.asked) == 2


async def test_what_is_no_list_is_its_only_row():
    async def ask(_more: Mapping[str, Any]) -> Any:
        return {"object": "property_item", "type": "number", "number": 3}

    assert await Results[Any](ask).all() == [await ask({})]


@pytest.mark.parametrize("given", [{"limit": 0}, {"limit": -1}, {"page_size": 0}, {"page_size": 101}])
def test_a_number_that_cannot_be_is_refused(given: dict[str, Any]):
    with pytest.raises(RequestInvalid):
        Results[int](Listing(1).ask, **given)
