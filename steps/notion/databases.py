"""Databases, and the data sources that hold their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from steps.notion.caller import Caller, path_to
from steps.notion.results import MAX_ROWS, Results
from steps.notion.shapes import Database, DataSource, Page


class Databases:
    """`notion.databases`. Source: developers.notion.com/reference/database."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def retrieve(self, database_id: str, *, version: str | None = None) -> Database:
        """Return a database; its schema is that of its data source (`notion.data_sources.retrieve`)."""
        return _database(await self._caller.call("GET", path_to("databases", database_id), version=version))

    async def create(
        self,
        *,
        parent: Mapping[str, Any],
        properties: Mapping[str, Any],
        title: Sequence[Mapping[str, Any]] | None = None,
        version: str | None = None,
        **more: Any,
    ) -> Database:
        """Create a database with one data source of this schema."""
        body = {"parent": parent, "title": title, "initial_data_source": {"properties": properties}, **more}
        return _database(await self._caller.call("POST", "/v1/databases", body=body, version=version))

    async def update(self, database_id: str, *, version: str | None = None, **body: Any) -> Database:
        """Change title, description, icon, cover or place of a database."""
        path = path_to("databases", database_id)
        return _database(await self._caller.call("PATCH", path, body=body, version=version))


class DataSources:
    """`notion.data_sources`; the id of a database with one data source will do for each of them.

    Source: developers.notion.com/reference/data-source.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def retrieve(self, data_source_id: str, *, version: str | None = None) -> DataSource:
        """Return a data source with its schema in `properties`."""
        return _source(await self._caller.call("GET", path_to("data_sources", data_source_id), version=version))

    async def create(self, *, parent: Mapping[str, Any], properties: Mapping[str, Any], **more: Any) -> DataSource:
        """Add a data source to a database: `parent` is `{"database_id": ...}`. Since version 2025-09-03."""
        body = {"parent": parent, "properties": properties, **more}
        return _source(await self._caller.call("POST", "/v1/data_sources", body=body))

    async def update(self, data_source_id: str, *, version: str | None = None, **body: Any) -> DataSource:
        """Change the schema (`properties`) or the title of a data source."""
        path = path_to("data_sources", data_source_id)
        return _source(await self._caller.call("PATCH", path, body=body, version=version))

    def query(
        self,
        data_source_id: str,
        *,
        filter: Mapping[str, Any] | None = None,
        sorts: Sequence[Mapping[str, Any]] | None = None,
        limit: int = MAX_ROWS,
        page_size: int = 100,
        version: str | None = None,
        **more: Any,
    ) -> Results[Page]:
        """Give the rows that a filter lets through; `filter` and `sorts` are in Notion's own form."""
        path = f"{path_to('data_sources', data_source_id)}/query"
        body = {"filter": filter, "sorts": sorts, **more}

        async def fetch(asked: dict[str, Any]) -> dict[str, Any]:
            return await self._caller.call("POST", path, body=body | asked, version=version)

        return Results(fetch, limit=limit, page_size=page_size)


def _database(answer: dict[str, Any]) -> Database:
    return cast("Database", answer)


def _source(answer: dict[str, Any]) -> DataSource:
    return cast("DataSource", answer)
