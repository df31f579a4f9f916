"""`notion.databases`."""

from __future__ import annotations

from typing import Unpack

from steps.notion.bodies import DatabaseBody, DatabaseChange
from steps.notion.ids import path_id, with_parent
from steps.notion.shapes import Database
from steps.notion.wire import Wire, given


class Databases:
    """Databases. Their rows, and from 2025-09-03 on their properties, belong to their data sources."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def create(self, **body: Unpack[DatabaseBody]) -> Database:
        """Create a database with one data source: `parent`, `title`, `properties`, ..."""
        return await self._wire.call("POST", "/v1/databases", body=with_parent(given(body)))

    async def retrieve(self, database_id: str) -> Database:
        """Return a database with its `data_sources`; its properties come with `data_sources.retrieve`."""
        return await self._wire.call("GET", f"/v1/databases/{path_id(database_id)}")

    async def update(self, database_id: str, **body: Unpack[DatabaseChange]) -> Database:
        """Change `title`, `description`, `icon`, `in_trash`, ..."""
        return await self._wire.call("PATCH", f"/v1/databases/{path_id(database_id)}", body=with_parent(body))
