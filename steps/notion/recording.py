"""Records read and written by calls of Notion's API, wherever those go: the same for a worker and for a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from temporalio.exceptions import ApplicationError

from steps.errors import StepsError
from steps.http import NotionRequest
from steps.notion.filters import equals, filter_of, sorts_of
from steps.notion.keys import key_property, key_value
from steps.notion.out import plain_value
from steps.notion.records import RecordAnswer, RecordKey, RecordRequest
from steps.notion.schema import Property, Schema
from steps.notion.shaping import shape
from steps.notion.versions import DATA_SOURCES
from steps.parts import a_list, an_object, is_object

# Notion's lists show a new page a while after it was made. The look-up of the next writer must find it.
_LOOKS = (0.0, 0.25, 0.5, 1.0, 2.0, 3.0, 3.0)


class Way(Protocol):
    """How calls reach Notion, and where schemas come from."""

    async def call(self, request: NotionRequest) -> dict[str, Any]:
        """Make one call."""
        ...

    async def schema(self, request: RecordRequest, version: str, *, fresh: bool = False) -> Schema:
        """Return the schema of the request's database, or of its page's; a fresh one was not read before."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait."""
        ...


class Recording:
    """Do what one request asks for."""

    def __init__(self, request: RecordRequest, way: Way, version: str) -> None:
        self._request, self._way = request, way
        self._version = request.version or version

    async def answer(self) -> RecordAnswer:
        """Read or write.

        Raises:
            RecordInvalid: the values do not fit the database; nothing was sent.
        """
        match self._request.action:
            case "create":
                return RecordAnswer(pages=[await self._create(await self._schema())], created=True)
            case "update":
                return RecordAnswer(pages=[await self._update()])
            case "upsert":
                return await self._upsert(await self._schema())
            case "find":
                return await self._find(await self._schema())
            case "key":
                schema = await self._schema()
                prop = key_property(schema, self._request.key or "")
                return RecordAnswer(key=RecordKey(source=schema.id, id=prop.id, name=prop.name, type=prop.type))

    async def _schema(self) -> Schema:
        return await self._way.schema(self._request, self._version)

    async def _create(self, schema: Schema) -> dict[str, Any]:
        request = self._request
        if request.key is not None:
            key_value(schema, prop := key_property(schema, request.key), request.key, request.values)
            key = prop.name
        else:
            key = None
        body = {"parent": self._parent(schema), "properties": shape(schema, request.values), **request.more}
        return await self._send("POST", "/v1/pages", body, key=key)

    async def _update(self, page: str | None = None, schema: Schema | None = None) -> dict[str, Any]:
        page = page or self._request.page or ""
        schema = schema or await self._schema()
        body: dict[str, Any] = {"properties": shape(schema, self._request.values)}
        if icon := self._request.more.get("icon"):
            body["icon"] = icon
        return await self._send("PATCH", f"/v1/pages/{quote(page, safe='')}", body)

    async def _upsert(self, schema: Schema) -> RecordAnswer:
        request = self._request
        prop = key_property(schema, request.key or "")
        value = key_value(schema, prop, request.key or "", request.values)
        shape(schema, request.values)  # before anything is asked
        if prop.type == "select" and value not in prop.options:
            # Another writer may have made it; and Notion refuses to look for one that there is not.
            schema = await self._way.schema(request, self._version, fresh=True)
            prop = key_property(schema, request.key or "")
        found = await self._holders(schema, prop, value)
        if found:
            page = await self._update(str(found[0]["id"]), schema)
            return RecordAnswer(pages=[page], others=[str(other["id"]) for other in found[1:]])
        page = await self._create(schema)
        await self._shown(schema, prop, value, str(page.get("id")))
        return RecordAnswer(pages=[page], created=True)

    async def _holders(self, schema: Schema, prop: Property, value: str | float) -> list[dict[str, Any]]:
        """Return the pages that hold the key, the oldest first; Notion compares texts without regard to case."""
        if prop.type == "select" and value not in prop.options:
            return []
        body: dict[str, Any] = {
            "filter": equals(prop, value),
            "sorts": [{"timestamp": "created_time", "direction": "ascending"}],
            "page_size": 100,
        }
        found: list[dict[str, Any]] = []
        while True:
            answer = await self._query(schema, body)
            found += [page for page in answer.pages if self._holds(page, prop, value)]
            if answer.next_cursor is None:
                return sorted(found, key=lambda page: (str(page.get("created_time")), str(page.get("id"))))
            body["start_cursor"] = answer.next_cursor

    @staticmethod
    def _holds(page: Mapping[str, Any], prop: Property, value: str | float) -> bool:
        for name, held in an_object(page.get("properties")).items():
            if name == prop.name or an_object(held).get("id") == prop.id:
                return plain_value(held) == value
        return False

    async def _shown(self, schema: Schema, prop: Property, value: str | float, page: str) -> None:
        """Wait until Notion's lists show a page that was made, for as long as that usually takes."""
        if prop.type == "select":
            prop = prop._replace(options=(*prop.options, str(value)))
        for seconds in _LOOKS:
            await self._way.pause(seconds)
            try:
                found = await self._holders(schema, prop, value)
            except (StepsError, ApplicationError):  # the record is there, whatever becomes of the look
                continue
            if any(each.get("id") == page for each in found):
                return

    async def _find(self, schema: Schema) -> RecordAnswer:
        more = dict(self._request.more)
        sorts = sorts_of(schema, a_list(more.pop("sorts", None)))
        body = more | ({"sorts": sorts} if sorts else {})
        if (test := filter_of(schema, self._request.values)) is not None:
            body["filter"] = test
        return await self._query(schema, body)

    async def _query(self, schema: Schema, body: dict[str, Any]) -> RecordAnswer:
        kind = "data_sources" if self._version >= DATA_SOURCES else "databases"
        answer = await self._send("POST", f"/v1/{kind}/{quote(schema.id, safe='')}/query", body)
        cursor = answer.get("next_cursor") if answer.get("has_more") else None
        pages = [page for page in a_list(answer.get("results")) if is_object(page)]
        incomplete = an_object(answer.get("request_status")).get("type") == "incomplete"
        return RecordAnswer(pages=pages, next_cursor=cursor, incomplete=incomplete)

    async def _send(self, method: str, path: str, body: dict[str, Any], *, key: str | None = None) -> dict[str, Any]:
        asked = self._request
        return await self._way.call(
            NotionRequest(
                handle=asked.handle, method=method, path=path, version=self._version, body=body, key=key,
                lane=asked.lane, again=asked.again, turned=asked.turned,
            )
        )  # fmt: skip

    def _parent(self, schema: Schema) -> dict[str, Any]:
        if self._version >= DATA_SOURCES:
            return {"type": "data_source_id", "data_source_id": schema.id}
        return {"database_id": schema.id}
