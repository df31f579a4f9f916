"""Lists of Notion, which come a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Generic, TypeVar, cast

from steps.errors import NotionError, RequestInvalid

T = TypeVar("T")
MAX_ROWS = 10_000
LIMIT_REACHED = "query_result_limit_reached"
_PAGE = 100

Fetch = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class Results(Generic[T]):
    """The objects of a list: `async for` gives them one by one, and asks for the next page when it is needed.

    Each page is one durable call. `limit` is the most objects to give, `page_size` how many a call asks for.

    Raises:
        NotionError: with the code `query_result_limit_reached`, after the last object, where Notion has left out more.
        RequestInvalid: a number that cannot be.
    """

    def __init__(
        self, fetch: Fetch, *, limit: int = MAX_ROWS, page_size: int = _PAGE, cursor: str | None = None
    ) -> None:
        _check("limit", limit, 1, MAX_ROWS)
        _check("page_size", page_size, 1, _PAGE)
        self._fetch, self._limit, self._size = fetch, limit, page_size

    def __aiter__(self) -> AsyncIterator[T]:
        """Give the objects one by one."""
        return self._objects()

    async def all(self) -> list[T]:
        """Return all objects, of which there are `limit` at most."""
        return [one async for one in self]

    async def first(self) -> T | None:
        """Return the first object, or None where there is none."""
        async for one in self:
            return one
        return None

    async def page(self) -> dict[str, Any]:
        """Return the first page as Notion answers it: `results`, `has_more`, `next_cursor`."""
        return await self._fetch(self._asked(min(self._size, self._limit), None))

    async def pages(self) -> AsyncIterator[dict[str, Any]]:
        """Give the pages as Notion answers them."""
        left, cursor = self._limit, None
        while left > 0:
            page = await self._fetch(self._asked(min(self._size, left), cursor))
            yield page
            left -= len(_results(page))
            cursor = page.get("next_cursor") if page.get("has_more") else None
            if cursor is None:
                _check_complete(page)
                return

    async def _objects(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for one in _results(page):
                yield cast("T", one)

    @staticmethod
    def _asked(size: int, cursor: str | None) -> dict[str, Any]:
        # A cursor of null is refused: it is left out where there is none.
        return {"page_size": size} | ({} if cursor is None else {"start_cursor": cursor})


def _results(page: dict[str, Any]) -> list[Any]:
    found = page.get("results")
    return cast("list[Any]", found) if isinstance(found, list) else []


def _check_complete(page: dict[str, Any]) -> None:
    status: Any = page.get("request_status")
    if isinstance(status, dict) and cast("dict[str, Any]", status).get("type") == "incomplete":
        raise NotionError(
            f"Notion returns {MAX_ROWS} rows of a query at most, and there are more. Narrow the query, for example by "
            'a filter on {"timestamp": "created_time"}, and ask part by part.',
            code=LIMIT_REACHED,
        )


def _check(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RequestInvalid(f"{name} is a number from {least} to {most}, not {str(value)[:40]!r}.")
