"""`notion.data_sources`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from steps.notion.bodies import DataSourceBody, DataSourceChange, QueryBody
from steps.notion.ids import path_id, with_parent
from steps.notion.results import Results
from steps.notion.shapes import DataSource, Page
from steps.notion.wire import Wire, given


class DataSources:
    """The rows of databases, and their properties. The id may be that of a database that has one data source."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def retrieve(self, data_source_id: str) -> DataSource:
        """Return a data source with its `properties`, which are the schema of its rows."""
        return await self._wire.call("GET", _path(data_source_id))

    async def create(self, **body: Unpack[DataSourceBody]) -> DataSource:
        """Add a data source to a database: `parent`, `title`, `properties`. Not with the version 2022-06-28."""
        return await self._wire.call("POST", "/v1/data_sources", body=with_parent(given(body)))

    async def update(self, data_source_id: str, **body: Unpack[DataSourceChange]) -> DataSource:
        """Change `properties`, `title`, ...; a property that is None is removed."""
        return await self._wire.call("PATCH", _path(data_source_id), body=with_parent(body))

    def query(
        self,
        data_source_id: str,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
        filter_properties: Sequence[str] | None = None,
        **body: Unpack[QueryBody],
    ) -> Results[Page]:
        """Return the rows that a `filter` finds, in the order of `sorts`, `limit` of them at most."""
        return self._wire.results(
            "POST",
            f"{_path(data_source_id)}/query",
            params={"filter_properties": filter_properties},
            body=body,
            limit=limit,
            page_size=page_size,
            start_cursor=start_cursor,
        )


def _path(data_source_id: str) -> str:
    return f"/v1/data_sources/{path_id(data_source_id)}"
