"""Calls that work in every version, and with the id of a database as well as with that of its data source."""

from __future__ import annotations

from typing import Any, cast

from temporalio.exceptions import ApplicationError

from activities.heartbeat import Pulse
from activities.notion.call import Notion
from activities.notion.sources import DATA_SOURCES, NEWEST, Sources, code_of, names
from activities.notion.versions import Target, needs_finding, target_of, written
from steps.errors import NotionError
from steps.http import NotionRequest
from steps.notion.ids import notion_id

_MAY_BE_STALE = frozenset({"object_not_found", "validation_error"})


class Anywhere:
    """Write calls in the form of the version in force, and find the data sources that they are about."""

    def __init__(self, notion: Notion, sources: Sources, version: str) -> None:
        self._notion, self._sources, self._version = notion, sources, version

    async def call(self, request: NotionRequest, workflow: str, pulse: Pulse) -> dict[str, Any]:
        """Return the object that Notion answers; a call that is not to be adapted goes out as it is.

        Raises:
            RequestInvalid: the version has no such call, or a database has several data sources: it names them.
            NotionError, FailureError and what else a call of Notion raises: as they say.
        """
        if not request.adapt:
            return await self._notion.call(request, workflow, pulse)
        return await _Adapted(self._notion, self._sources, request, workflow, pulse, self._version).answer()


class _Adapted:
    """One call, in one attempt."""

    def __init__(
        self, notion: Notion, sources: Sources, request: NotionRequest, workflow: str, pulse: Pulse, version: str
    ) -> None:
        self._notion, self._sources = notion, sources
        self._request, self._workflow, self._pulse = request, workflow, pulse
        self._version = request.version or version

    async def answer(self) -> dict[str, Any]:
        target = target_of(self._request)
        if target is None:
            return await self._send(self._version, None)
        known = self._sources.knows(self._request.handle, target.id)
        try:
            return await self._send(self._version, target)
        except (NotionError, ApplicationError) as error:
            failure = error
        if sources := _sources_of(failure):
            return await self._choose(target, sources, failure)
        if not known or code_of(failure) not in _MAY_BE_STALE:
            raise failure
        # Nothing was done, and the database may have another data source than when it was looked at.
        self._sources.forget(self._request.handle, target.id)
        return await self._send(self._version, target)

    async def _send(self, version: str, target: Target | None) -> dict[str, Any]:
        found = None
        if target is not None and needs_finding(self._request, target, version):
            found = await self._sources.find(self._request.handle, target.id, self._get, source_first=target.is_source)
        return await self._notion.call(written(self._request, version, found), self._workflow, self._pulse)

    async def _choose(
        self, target: Target, sources: list[str], failure: NotionError | ApplicationError
    ) -> dict[str, Any]:
        """Follow the hint of a refusal: an older version cannot tell the data sources of a database apart."""
        given = notion_id(target.id)
        if len(sources) == 1 or given in map(notion_id, sources):
            source = sources[0] if len(sources) == 1 else given
            request = written(self._request, NEWEST, (given, source))
            return await self._notion.call(request, self._workflow, self._pulse)
        database, _ = (
            (given, None)
            if not target.is_source
            else await self._sources.find(self._request.handle, given, self._get, source_first=True)
        )
        found = await names(database, self._get)
        raise NotionError(
            f"The database {database} has {len(sources)} data sources, which version {self._version} cannot tell "
            f"apart. Use {DATA_SOURCES} or later, with the id of one: {found}.",
            status=400,
            code="validation_error",
        ) from failure

    async def _get(self, path: str) -> dict[str, Any]:
        asked = self._request
        request = NotionRequest(
            handle=asked.handle, method="GET", path=path, version=NEWEST, lane=asked.lane, turned=asked.turned
        )
        return await self._notion.call(request, self._workflow, self._pulse)


def _sources_of(failure: NotionError | ApplicationError) -> list[str]:
    """Return the data sources that a refusal names, which Notion adds for those who know no data sources."""
    if isinstance(failure, NotionError):
        return failure.data_sources
    details: Any = failure.details[0] if failure.details else None
    return list(cast("dict[str, Any]", details).get("data_sources") or ()) if isinstance(details, dict) else []
