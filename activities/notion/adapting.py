"""Calls in the form of the newest version, made in the version that a deployment or a workflow has chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from temporalio.exceptions import ApplicationError

from activities.heartbeat import Pulse
from activities.notion.call import Notion
from activities.notion.sources import SEVERAL, Get, Home, Sources, mistaken, told
from activities.notion.versions import ids_of, loose_ids_of, translated
from steps.errors import NotionError
from steps.http import NotionRequest
from steps.notion.versions import DATA_SOURCES, NEWEST, known_version
from steps.parts import an_object


class Adapted:
    """Call Notion's API; the id of a database and that of its only data source are taken for each other."""

    def __init__(self, notion: Notion, sources: Sources, version: str) -> None:
        self._notion, self._sources, self._version = notion, sources, version

    async def call(self, request: NotionRequest, workflow: str, pulse: Pulse) -> dict[str, Any]:
        """Return the object that Notion answers; one that is not to be adapted is sent as it is.

        Raises:
            RequestInvalid: the version is none that is known, or has no such request.
            NotionError: a database has several data sources; and what else `Notion.call` raises.
        """
        if not request.adapt:
            return await self._notion.call(request, workflow, pulse)
        version = known_version(request.version or self._version)
        get = self._getting(request, workflow, pulse)
        homes = await self._homes(request, loose_ids_of(request, version), get)
        if version < DATA_SOURCES:
            homes = {id: home for id in ids_of(request) if (home := self._sources.known(request.handle, id))}
            version = DATA_SOURCES if any(len(home.sources) > 1 for home in homes.values()) else version
        sent = translated(request, version, homes)
        try:
            return await self._notion.call(sent, workflow, pulse)
        except (NotionError, ApplicationError) as error:
            refused = error
        mended = await self._mended(request, version, refused, get)
        if mended is None or mended == sent:
            raise refused
        return await self._notion.call(mended, workflow, pulse)

    async def _mended(
        self, request: NotionRequest, version: str, refused: NotionError | ApplicationError, get: Get
    ) -> NotionRequest | None:
        """Return a request that was refused as it should have been, if an id in it was of something else, or stale."""
        ids = ids_of(request)
        said = told(refused)
        several = an_object(said.get("additional_data")).get("error_type") == SEVERAL
        about = said.get("code") == "object_not_found" or several or any(_names(refused, id) for id in ids)
        if not ids or not mistaken(refused) or not about:
            return None
        for id in ids:
            self._sources.forget(request.handle, id)
        try:
            homes = await self._homes(request, ids, get)
        except (NotionError, ApplicationError) as error:
            if not mistaken(error):
                raise
            return None
        return translated(request, max(version, DATA_SOURCES) if several else version, homes)

    async def _homes(self, request: NotionRequest, ids: list[str], get: Get) -> Mapping[str, Home]:
        return {id: await self._sources.home(request.handle, id, get) for id in ids}

    def _getting(self, request: NotionRequest, workflow: str, pulse: Pulse) -> Get:
        async def get(path: str) -> dict[str, Any]:
            look = NotionRequest(
                handle=request.handle,
                method="GET",
                path=path,
                version=NEWEST,
                lane=request.lane,
                turned=request.turned,
                again=request.again,
            )
            return await self._notion.call(look, workflow, pulse)

        return get


def _names(refused: NotionError | ApplicationError, id: str) -> bool:
    """Tell whether a refusal speaks of an id."""
    return id.replace("-", "") in str(refused.message).replace("-", "")
