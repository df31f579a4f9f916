from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from local.notion import reading, rich_text, seed
from local.notion.call import parse_json
from local.notion.checks import a_string, an_array, an_id, an_object, only
from local.notion.errors import Json
from local.notion.events import Event
from local.notion.objects import DataSource, Page
from local.notion.workspace import Workspace


class Control:
    """Answer the stand-in's own endpoints, under /_local."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def add_faults(self, request: Request) -> Response:
        """Queue faults."""
        queued = self._workspace.faults.add(parse_json(await request.body()))
        return JSONResponse({"queued": queued})

    async def clear_faults(self, _: Request) -> Response:
        """Forget every fault."""
        self._workspace.faults.clear()
        return Response(status_code=204)

    async def calls(self, _: Request) -> Response:
        """Return every call so far."""
        return JSONResponse(self._workspace.calls.as_json())

    async def clear_calls(self, _: Request) -> Response:
        """Forget every call."""
        self._workspace.calls.clear()
        return Response(status_code=204)

    async def pages(self, request: Request) -> Response:
        """Return every page in a simple form; those in the trash with ?in_trash=true only."""
        trashed = request.query_params.get("in_trash") == "true"
        found = [item for item in self._workspace.items.values() if isinstance(item, Page)]
        return JSONResponse([_simple(self._workspace, page) for page in found if trashed or not page.in_trash])

    async def add_pages(self, request: Request) -> Response:
        """Add many rows at once, named by their number."""
        count = int(request.path_params["count"])
        source = self._workspace.items.get(request.query_params.get("data_source_id", seed.ORDERS_DATA_SOURCE_ID))
        if not isinstance(source, DataSource):
            return JSONResponse({"message": "data_source_id names no data source"}, 404)
        title = next(prop for prop in source.properties.values() if prop.type == "title")
        numbers = [prop for prop in source.properties.values() if prop.type == "number"]
        owner, made = self._workspace.default_person, list[Page]()
        for number in range(1, count + 1):
            values: dict[str, Any] = {title.id: [rich_text.text(str(number))]}
            values |= {prop.id: number for prop in numbers}
            made.append(self._workspace.add_row(source, owner.id, values))
        created = [Event("page.created", page, {}) for page in made]
        self._workspace.webhooks.publish(created, {"id": owner.id, "type": "person"})
        return JSONResponse({"count": count})

    async def add_database(self, request: Request) -> Response:
        """Add a database: {title, properties, data_sources?}; a data source for each name, all with that schema."""
        workspace, owner = self._workspace, self._workspace.default_person
        body = an_object(parse_json(await request.body()), "body")
        only(body, "body", ("title", "properties", "data_sources"))
        given = an_object(body.get("properties", {"Name": {"title": {}}}), "body.properties")
        title = a_string(body.get("title", "Untitled"), "body.title")
        names = [a_string(name, "body.data_sources") for name in an_array(body.get("data_sources", [title]), "body")]
        sources = {name: workspace.parse_columns(given, "body.properties") for name in names}
        database = workspace.add_database(owner, title, sources)
        self._share(database.id)
        return JSONResponse({"id": database.id, "data_source_ids": database.data_sources})

    async def share(self, request: Request) -> Response:
        """Share an object with every bot: {id}."""
        return await self._change(request, self._share)

    async def unshare(self, request: Request) -> Response:
        """Take an object away from every bot: {id}."""
        return await self._change(request, self._unshare)

    async def connect(self, request: Request) -> Response:
        """Grant access without the OAuth pages: {user?, workspace?}."""
        body: Json = an_object(parse_json(await request.body() or b"{}"), "body")
        token = self._workspace.connect(body.get("user", seed.PERSON), body.get("workspace", seed.WORKSPACE))
        grant = self._workspace.grants.find(token)
        return JSONResponse({"access_token": token, "refresh_token": grant.refresh_token if grant else None})

    async def expire(self, _: Request) -> Response:
        """End every access token; refresh tokens stay."""
        return JSONResponse({"count": self._workspace.grants.expire()})

    async def revoke(self, _: Request) -> Response:
        """Revoke every grant, as a person would in Notion's settings."""
        return JSONResponse({"count": self._workspace.grants.revoke_all()})

    async def _change(self, request: Request, change: Any) -> Response:
        body = an_object(parse_json(await request.body()), "body")
        change(an_id(body.get("id"), "body.id"))
        return Response(status_code=204)

    def _share(self, id: str) -> None:
        for bot in self._workspace.bots.values():
            bot.hidden.discard(id)
            bot.shared.add(id)

    def _unshare(self, id: str) -> None:
        for bot in self._workspace.bots.values():
            bot.shared.discard(id)
            bot.hidden.add(id)


def _simple(workspace: Workspace, page: Page) -> Json:
    properties = reading.schema(workspace, page)
    holder = workspace.items.get(page.parent.id)
    parent: Json = {"type": page.parent.kind, "id": page.parent.id}
    if isinstance(holder, DataSource):
        parent["database_id"] = holder.parent.id
    return {
        "id": page.id,
        "title": reading.title(workspace, page),
        "parent": parent,
        "properties": {name: reading.simple(workspace, page, prop) for name, prop in properties.items()},
        "in_trash": page.in_trash,
        "created_by": page.created_by,
    }
