"""Pages: the rows of databases, and those that stand by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from steps.notion.caller import Caller, path_to
from steps.notion.results import MAX_ROWS, Results
from steps.notion.shapes import JSON, Page


class Pages:
    """`notion.pages`. Source: developers.notion.com/reference/page."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(
        self,
        *,
        parent: Mapping[str, Any],
        properties: Mapping[str, Any] | None = None,
        children: Sequence[Mapping[str, Any]] | None = None,
        key: str | None = None,
        version: str | None = None,
        **more: Any,
    ) -> Page:
        """Create a page; `parent` is `{"database_id": ...}`, `{"data_source_id": ...}` or `{"page_id": ...}`.

        `key` is the name of a property whose value no other page has: where an answer is lost, the page is found by it.
        `more` is what else Notion takes: icon, cover, markdown, template, position.
        """
        body = {"parent": parent, "properties": properties or {}, "children": children, **more}
        return _page(await self._caller.call("POST", "/v1/pages", body=body, key=key, version=version))

    async def retrieve(self, page_id: str, *, version: str | None = None) -> Page:
        """Return a page; a property that has more than 25 references is whole by `property` alone."""
        return _page(await self._caller.call("GET", path_to("pages", page_id), version=version))

    async def update(
        self, page_id: str, *, properties: Mapping[str, Any] | None = None, version: str | None = None, **more: Any
    ) -> Page:
        """Change properties, icon, cover or lock of a page."""
        body = {"properties": properties, **more}
        return _page(await self._caller.call("PATCH", path_to("pages", page_id), body=body, version=version))

    async def trash(self, page_id: str, *, version: str | None = None) -> Page:
        """Move a page to the trash."""
        return await self.update(page_id, version=version, in_trash=True)

    async def restore(self, page_id: str, *, version: str | None = None) -> Page:
        """Take a page out of the trash."""
        return await self.update(page_id, version=version, in_trash=False)

    async def move(self, page_id: str, *, parent: Mapping[str, Any], version: str | None = None) -> Page:
        """Move a page under another parent."""
        path = f"{path_to('pages', page_id)}/move"
        return _page(await self._caller.call("POST", path, body={"parent": parent}, version=version))

    def property(
        self, page_id: str, property_id: str, *, limit: int = MAX_ROWS, version: str | None = None
    ) -> Results[JSON]:
        """Give the items of one property of a page, all of them: a page itself holds 25 at most.

        One that is no list, such as a number, is one item.
        """
        path = f"{path_to('pages', page_id)}/properties/{_encoded(property_id)}"

        async def fetch(asked: dict[str, Any]) -> dict[str, Any]:
            answer = await self._caller.call("GET", path, params=asked, version=version)
            return answer if answer.get("object") == "list" else {"results": [answer], "has_more": False}

        return Results(fetch, limit=limit)


def _encoded(property_id: str) -> str:
    # Notion gives ids of properties in an encoded form already, such as `XGe%40`.
    return property_id if "%" in property_id else path_to(property_id).removeprefix("/v1/")


def _page(answer: dict[str, Any]) -> Page:
    return cast("Page", answer)
