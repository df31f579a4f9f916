"""Which data source a database's rows are in, found once and remembered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, cast
from urllib.parse import quote

from temporalio.exceptions import ApplicationError

from steps.errors import NotionError, RequestInvalid
from steps.notion.ids import notion_id

NEWEST = "2026-03-11"
DATA_SOURCES = "2025-09-03"
"""From this version on a database is a container of data sources, and rows are those of a data source."""

_MOST = 1_000
_MISSING = frozenset({"object_not_found", "validation_error"})

Get = Callable[[str], Awaitable[dict[str, Any]]]
"""Retrieve a path in a version that has data sources."""


class Sources:
    """The database and the data source of an id, which may be that of either; each connection has its own."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], tuple[str, str]] = OrderedDict()

    def knows(self, handle: str, id: str) -> bool:
        """Tell whether an id was found before."""
        return (handle, notion_id(id)) in self._known

    def forget(self, handle: str, id: str) -> None:
        """Look an id up anew, next time."""
        self._known.pop((handle, notion_id(id)), None)

    async def find(self, handle: str, id: str, get: Get, *, source_first: bool = False) -> tuple[str, str]:
        """Return the ids of the database and of its data source.

        Raises:
            RequestInvalid: the database has several data sources, and one must be chosen; it names them.
            NotionError, FailureError: Notion knows neither, or cannot be asked.
        """
        id = notion_id(id)
        key = handle, id
        if key not in self._known:
            asked = (_by_source, _by_database) if source_first else (_by_database, _by_source)
            self._known[key] = await _first(asked, id, get)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        self._known.move_to_end(key)
        return self._known[key]


async def names(database_id: str, get: Get) -> str:
    """Return the data sources of a database as a person chooses among them."""
    database = await get(f"/v1/databases/{quote(database_id, safe='')}")
    return "; ".join(f"{one.get('id')} ({one.get('name')})" for one in _listed(database)) or "none"


def code_of(error: BaseException) -> str:
    """Return Notion's code of an error, however it came."""
    if isinstance(error, NotionError):
        return error.code
    details: Any = error.details[0] if isinstance(error, ApplicationError) and error.details else None
    return str(cast("dict[str, Any]", details).get("code", "")) if isinstance(details, dict) else ""


async def _first(
    asked: tuple[Callable[[str, Get], Awaitable[tuple[str, str]]], ...], id: str, get: Get
) -> tuple[str, str]:
    failure: Exception | None = None
    for ask in asked:
        try:
            return await ask(id, get)
        except (NotionError, ApplicationError) as error:
            if code_of(error) not in _MISSING:
                raise
            failure = failure or error
    raise failure or NotionError(f"Notion knows no database {id}.", code="object_not_found")


async def _by_database(id: str, get: Get) -> tuple[str, str]:
    database = await get(f"/v1/databases/{quote(id, safe='')}")
    sources = _listed(database)
    if len(sources) == 1:
        return str(database["id"]), str(sources[0].get("id"))
    found = "; ".join(f"{one.get('id')} ({one.get('name')})" for one in sources) or "none"
    raise RequestInvalid(f"The database {id} has {len(sources)} data sources. Give the id of one: {found}.")


async def _by_source(id: str, get: Get) -> tuple[str, str]:
    source = await get(f"/v1/data_sources/{quote(id, safe='')}")
    parent: Any = source.get("parent")
    held = cast("dict[str, Any]", parent) if isinstance(parent, dict) else {}
    return str(held.get("database_id") or id), str(source["id"])


def _listed(database: dict[str, Any]) -> list[dict[str, Any]]:
    found: Any = database.get("data_sources")
    listed = cast("list[Any]", found) if isinstance(found, list) else []
    return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]
