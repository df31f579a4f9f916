"""`notion.pages`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack
from urllib.parse import quote, unquote

from steps.notion.bodies import PageBody, PageChange
from steps.notion.ids import path_id, read_parent, with_parent
from steps.notion.results import Results
from steps.notion.shapes import Page, Parent
from steps.notion.wire import Wire, given


class Pages:
    """Pages, rows of databases among them. An id may be a page's address."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def create(self, *, key: str | None = None, **body: Unpack[PageBody]) -> Page:
        """Create a page: `parent`, `properties`, `children`, ... (developers.notion.com/reference/post-page).

        `key` names the property whose value no other row has: where the answer is lost, the page is found by it.
        """
        return await self._wire.call("POST", "/v1/pages", body=with_parent(given(body)), key=key)

    async def retrieve(self, page_id: str, *, filter_properties: Sequence[str] | None = None) -> Page:
        """Return a page; `filter_properties` are the ids of the properties to return."""
        return await self._wire.call("GET", _path(page_id), params={"filter_properties": filter_properties})

    async def update(self, page_id: str, **body: Unpack[PageChange]) -> Page:
        """Change the given `properties`, and no other; `icon`, `cover`, `is_locked`, ..."""
        return await self._wire.call("PATCH", _path(page_id), body=body)

    async def trash(self, page_id: str) -> Page:
        """Move a page to the trash."""
        return await self._wire.call("PATCH", _path(page_id), body={"in_trash": True})

    async def restore(self, page_id: str) -> Page:
        """Take a page out of the trash."""
        return await self._wire.call("PATCH", _path(page_id), body={"in_trash": False})

    async def move(self, page_id: str, *, parent: Parent) -> Page:
        """Move a page under another one, or make it a row: `parent` is a page, a database or a data source."""
        return await self._wire.call("POST", f"{_path(page_id)}/move", body={"parent": read_parent(parent)})

    def property(
        self,
        page_id: str,
        property_id: str,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
    ) -> Results[dict[str, Any]]:
        """Return the items of one property: all of a relation or rollup, of which a page shows 25."""
        path = f"{_path(page_id)}/properties/{quote(unquote(property_id), safe='')}"
        return self._wire.results("GET", path, limit=limit, page_size=page_size, start_cursor=start_cursor)


def _path(page_id: str) -> str:
    return f"/v1/pages/{path_id(page_id, 'page')}"
