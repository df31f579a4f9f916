"""Which data sources a database has, remembered for a while: an author may give the id of either."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from temporalio.exceptions import ApplicationError

from steps.errors import NotionError
from steps.parts import a_list, an_object, details_of

Get = Callable[[str], Awaitable[dict[str, Any]]]
"""Return the object at a path, asked for in a version that has data sources."""
SEVERAL = "multiple_data_sources_for_database"
_LIFETIME = 600.0  # seconds
_MOST = 1_000


@dataclass(frozen=True)
class Home:
    """A database, and its data sources: their names by their ids."""

    database: str
    sources: Mapping[str, str]

    def source(self, id: str) -> str:
        """Return the data source that an id means: itself, or the only one of its database.

        Raises:
            NotionError: there are several, and it names them all.
        """
        if id in self.sources:
            return id
        if len(self.sources) == 1:
            return next(iter(self.sources))
        named = "; ".join(f"{source} ({name})" for source, name in self.sources.items()) or "none"
        advice = f"Give the id of one of them instead: {named}."
        raise NotionError(
            f"The database {self.database} has {len(self.sources)} data sources. {advice}",
            code=SEVERAL,
            advice=advice,
            additional_data={"error_type": SEVERAL, "child_data_source_ids": [*self.sources]},
        )


class Sources:
    """Find databases by their ids and those of their data sources; each connection sees its own."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[Home, float]] = OrderedDict()

    def known(self, handle: str, id: str) -> Home | None:
        """Return what is remembered of an id."""
        home, until = self._kept.get((handle, id), (None, 0.0))
        return home if until > self._clock() else None

    def forget(self, handle: str, id: str) -> None:
        """Ask anew the next time."""
        self._kept.pop((handle, id), None)

    async def home(self, handle: str, id: str, get: Get) -> Home:
        """Return the database that an id, or the data source of that id, belongs to.

        Raises:
            NotionError, FailureError: there is none that the connection sees, or Notion does not tell now.
        """
        home = self.known(handle, id)
        if home is None:
            home = await _read(id, get)
            for each in {id, home.database, *home.sources}:
                self._keep((handle, each), home)
        return home

    async def source(self, handle: str, id: str, get: Get) -> str:
        """Return the id of the data source that an id means; raises as `home`, and where there are several."""
        return (await self.home(handle, id, get)).source(id)

    def _keep(self, place: tuple[str, str], home: Home) -> None:
        self._kept[place] = home, self._clock() + _LIFETIME
        self._kept.move_to_end(place)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)


def told(error: NotionError | ApplicationError) -> dict[str, Any]:
    """Return what Notion said in a refusal: its status and code, and what else it has."""
    return error.details() if isinstance(error, NotionError) else details_of(error)


def mistaken(error: NotionError | ApplicationError) -> bool:
    """Tell whether a refusal may be about an id that is of something else."""
    return told(error).get("code") in ("object_not_found", "validation_error")


async def _read(id: str, get: Get) -> Home:
    try:
        return _home(await get(f"/v1/databases/{quote(id, safe='')}"))
    except (NotionError, ApplicationError) as error:
        if not mistaken(error):
            raise
        refused = error
    try:
        source = await get(f"/v1/data_sources/{quote(id, safe='')}")
    except (NotionError, ApplicationError) as error:
        if not mistaken(error):
            raise
        source = {}
    database = an_object(source.get("parent")).get("database_id")
    if not isinstance(database, str):
        raise refused
    return _home(await get(f"/v1/databases/{quote(database, safe='')}"))


def _home(database: Mapping[str, Any]) -> Home:
    sources = [an_object(source) for source in a_list(database.get("data_sources"))]
    return Home(str(database.get("id")), {str(source.get("id")): str(source.get("name")) for source in sources})
