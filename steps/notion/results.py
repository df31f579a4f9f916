"""Results that come in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping
from typing import Any, Generic, TypeVar, cast

from steps.errors import NotionError, RequestInvalid
from steps.notion.shapes import ResultPage
from steps.parts import a_list, an_object, is_list

T = TypeVar("T")
LIMIT_REACHED = "query_result_limit_reached"
MAX_ROWS = 10_000
"""What Notion returns of one query at most, and what is read where no limit is given."""
MAX_PAGE = 100
_NARROW = (
    "Ask in parts: add a filter on created_time, such as "
    '{"timestamp": "created_time", "created_time": {"on_or_after": "2026-01-01"}}, and ask once for each span.'
)


class Results(Generic[T]):
    """What a list of Notion holds. Each page of it is one durable call, made when its rows are asked for.

    `async for row in results` gives every row up to `limit`, and `await results` the first page alone, as Notion
    answers it. Whoever asks twice is answered anew.
    """

    def __init__(
        self,
        ask: Callable[[Mapping[str, Any]], Awaitable[Any]],
        *,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
    ) -> None:
        if limit is not None and limit < 1:
            raise RequestInvalid(f"The limit is the number of rows to read, at least 1, and not {limit}.")
        if page_size is not None and not 1 <= page_size <= MAX_PAGE:
            raise RequestInvalid(f"Notion returns pages of 1 to {MAX_PAGE} rows, and not of {page_size}.")
        self._ask, self._limit, self._page_size, self._cursor = ask, limit, page_size or MAX_PAGE, start_cursor

    def __await__(self) -> Generator[Any, Any, ResultPage[T]]:
        return self.first_page().__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for row in page["results"]:
                yield row

    async def first_page(self) -> ResultPage[T]:
        """Return the first page as Notion answers it; `has_more` and `next_cursor` lead on."""
        return await self._page(self._cursor, self._limit or MAX_ROWS)

    async def all(self) -> list[T]:
        """Return every row up to the limit."""
        return [row async for row in self]

    async def pages(self) -> AsyncIterator[ResultPage[T]]:
        """Give each page of results, up to the limit.

        Raises:
            NotionError: `query_result_limit_reached`, after the rows, where Notion has more and returns no more.
        """
        left, cursor = self._limit or MAX_ROWS, self._cursor
        while True:
            page = await self._page(cursor, left)
            rows = page["results"]
            page["results"] = rows[:left]
            yield page
            left -= len(rows)
            cursor = page.get("next_cursor") if page.get("has_more") else None
            if left <= 0 and self._limit is not None:
                return
            cut = an_object(page.get("request_status")).get("type") == "incomplete"
            if cut or (left <= 0 and cursor is not None):
                raise _reached()
            if cursor is None:
                return

    async def _page(self, cursor: str | None, left: int) -> ResultPage[T]:
        more: dict[str, Any] = {"page_size": min(self._page_size, left)}
        if cursor is not None:
            more["start_cursor"] = cursor
        answer: Any = await self._ask(more)
        found = an_object(answer)
        if not is_list(found.get("results")):  # a property that is no list
            found = {"object": "list", "results": [answer], "has_more": False, "next_cursor": None}
        return cast("ResultPage[T]", {**found, "results": a_list(found["results"])})


def _reached() -> NotionError:
    return NotionError(
        f"Notion has more than the {MAX_ROWS:,} rows that it returns of one query. {_NARROW}",
        code=LIMIT_REACHED,
        advice=_NARROW,
    )
