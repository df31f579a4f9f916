"""The schemas of the databases that records are written to, remembered for a while."""

from __future__ import annotations

import time
import uuid
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from urllib.parse import quote

from temporalio.exceptions import ApplicationError

from steps.errors import NotionError, RequestInvalid
from steps.http import NotionRequest
from steps.notion.parts import a_list, an_object
from steps.notion.recording import DATA_SOURCES
from steps.notion.schema import TITLE_ALONE, UUID, Schema, read_schema

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

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Place, Kept] = OrderedDict()
        self._homes: OrderedDict[Place, str] = OrderedDict()

    def now(self) -> float:
        """Return the time by which `Kept.at` counts, in seconds."""
        return self._clock()

    async def of_database(self, place: Place, get: Get, *, longest: float = LIFETIME) -> Kept:
        """Return the schema of a database or data source, at most `longest` seconds old.

        Raises:
            RequestInvalid: the database has several data sources, and one must be chosen.
        """
        place = place._replace(id=plain_id(place.id))
        kept = self._kept.get(place)
        if kept is not None and self._clock() - kept.at < longest:
            self._kept.move_to_end(place)
            return kept
        at = self._clock()
        kept = Kept(read_schema(await _read(place, get)), at)
        for id in {place.id, plain_id(kept.schema.id)}:
            _keep(self._kept, place._replace(id=id), kept)
        return kept

    async def of_page(self, place: Place, get: Get, *, longest: float = LIFETIME) -> Kept:
        """Return the schema of the database that a page is a row of; any other page has a title alone."""
        place = place._replace(id=plain_id(place.id))
        home = self._homes.get(place)
        if home is None:
            page = await get(_request(place, f"/v1/pages/{quote(place.id, safe='')}"))
            parent = an_object(page.get("parent"))
            home = str(parent.get("data_source_id") or parent.get("database_id") or "")
            _keep(self._homes, place, home)
        if not home:
            return Kept(TITLE_ALONE, self._clock())
        return await self.of_database(place._replace(id=home), get, longest=longest)


def plain_id(id: str) -> str:
    """Return an id as Notion answers it: with dashes, in lower case."""
    return str(uuid.UUID(id)) if UUID.fullmatch(id) else id


async def _read(place: Place, get: Get) -> dict[str, Any]:
    try:
        database = await get(_request(place, f"/v1/databases/{quote(place.id, safe='')}"))
    except (NotionError, ApplicationError) as error:
        if place.version < DATA_SOURCES or not _missing(error):
            raise
        missing = error
    else:
        if place.version < DATA_SOURCES:
            return database
        return await _only_source(place, database, get)
    try:
        return await get(_request(place, f"/v1/data_sources/{quote(place.id, safe='')}"))
    except (NotionError, ApplicationError) as error:
        if not _missing(error):
            raise
    raise missing


async def _only_source(place: Place, database: dict[str, Any], get: Get) -> dict[str, Any]:
    sources = [an_object(source) for source in a_list(database.get("data_sources"))]
    if len(sources) != 1:
        names = "; ".join(f"{source.get('id')} ({source.get('name')})" for source in sources) or "none"
        raise RequestInvalid(f"The database {place.id} has {len(sources)} data sources. Give the id of one: {names}.")
    return await get(_request(place, f"/v1/data_sources/{quote(str(sources[0].get('id')), safe='')}"))


def _request(place: Place, path: str) -> NotionRequest:
    return NotionRequest(handle=place.handle, method="GET", path=path, version=place.version)


def _missing(error: NotionError | ApplicationError) -> bool:
    details = error.details() if isinstance(error, NotionError) else an_object(next(iter(error.details), None))
    return details.get("code") in ("object_not_found", "validation_error")


def _keep(cache: OrderedDict[Place, Any], place: Place, value: Any) -> None:
    cache[place] = value
    cache.move_to_end(place)
    while len(cache) > _MOST:
        cache.popitem(last=False)
