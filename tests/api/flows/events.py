from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from steps import Api, NotionEvent, Workflow

ORDERS = "0d6f1c1e-5f0b-4c39-9d0e-8f3f0f6b1a2c"


class Comment(BaseModel):
    text: str


class PageChanged(Workflow):
    """Give back the event of a page."""

    on = NotionEvent("page.properties_updated", "page.locked", "page.unlocked")

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> Any:
        return {"data": data, "headers": headers}


class OrderMoved(Workflow):
    """Run on the pages of one data source, of one connection."""

    on = NotionEvent("page.moved", "page.locked", connection="first", data_source=ORDERS)

    async def start(self, data: Any, headers: dict[str, str], api: Api) -> None: ...


class Unfitting(Workflow):
    """Want something that no event has."""

    on = NotionEvent("page.unlocked")

    async def start(self, data: Comment, headers: dict[str, str], api: Api) -> None: ...
