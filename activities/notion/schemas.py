"""The schemas of the databases that records are written to, remembered for a while."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import quote

from temporalio.exceptions import ApplicationError

from activities.notion.sources import Sources
from steps.errors import NotionError
from steps.http import NotionRequest
from steps.notion.ids import read_id
from steps.notion.schema import TITLE_ALONE, Schema, read_schema
from steps.notion.versions import DATA_SOURCES
from steps.parts import an_object

Get = Callable[[NotionRequest], Awaitable[dict[str, Any]]]
LIFETIME = 600.0  # seconds
_MOST = 1_000


class Place(NamedTuple):
    """Where a schema is: whose connection, in which version, under which id."""

    handle: str
    version: str
    id: str


class Kept(NamedTuple):
    """A schema, and when it was read, in seconds of the worker's clock."""

    schema: Schema
    at: float


class Schemas:
    """Read schemas by the id of a database, of a data source, or of one of its pages; each connection its own."""

    def __init__(self, sources: Sources, clock: Callable[[], float] = time.monotonic) -> None:
        self._sources, self._clock = sources, clock
        self._kept: OrderedDict[Place, Kept] = OrderedDict()
        self._homes: OrderedDict[Place, str] = OrderedDict()

    def now(self) -> float:
        """Return the time by which `Kept.at` counts, in seconds."""
        return self._clock()

    async def of_database(self, place: Place, get: Get, *, longest: float = LIFETIME) -> Kept:
        """Return the schema of a database or data source, at most `longest` seconds old.

        Raises:
            NotionError: the database has several data sources, and one must be chosen.
        """
        place = place._replace(id=read_id(place.id))
        kept = self._kept.get(place)
        if kept is not None and self._clock() - kept.at < longest:
            self._kept.move_to_end(place)
            return kept
        at = self._clock()
        kept = Kept(read_schema(await self._read(place, get)), at)
        for id in {place.id, read_id(kept.schema.id)}:
            _keep(self._kept, place._replace(id=id), kept)
        return kept

    async def of_page(self, place: Place, get: Get, *, longest: float = LIFETIME) -> Kept:
        """Return the schema of the database that a page is a row of; any other page has a title alone."""
        place = place._replace(id=read_id(place.id))
        home = self._homes.get(place)
        if home is None:
            page = await get(_request(place, f"/v1/pages/{quote(place.id, safe='')}"))
            parent = an_object(page.get("parent"))
            home = str(parent.get("data_source_id") or parent.get("database_id") or "")
            _keep(self._homes, place, home)
        if not home:
            return Kept(TITLE_ALONE, self._clock())
        return await self.of_database(place._replace(id=home), get, longest=longest)

    async def _read(self, place: Place, get: Get) -> dict[str, Any]:
        newer = place._replace(version=max(place.version, DATA_SOURCES))
        home = await self._sources.home(place.handle, place.id, lambda path: get(_request(newer, path)))
        source = home.source(place.id)
        held = (
            f"databases/{quote(home.database, safe='')}" if newer != place else f"data_sources/{quote(source, safe='')}"
        )
        try:
            return await get(_request(place, f"/v1/{held}"))
        except (NotionError, ApplicationError):
            self._sources.forget(place.handle, place.id)
            raise


def _request(place: Place, path: str) -> NotionRequest:
    return NotionRequest(handle=place.handle, method="GET", path=path, version=place.version)


def _keep(cache: OrderedDict[Place, Any], place: Place, value: Any) -> None:
    cache[place] = value
    cache.move_to_end(place)
    while len(cache) > _MOST:
        cache.popitem(last=False)
