from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from activities.notion.asking import Asking, CannotLook
from activities.notion.matching import moment, properties_match, text_of
from activities.notion.trail import Trail
from activities.notion.writes import Write
from steps.notion.versions import DATA_SOURCES
from steps.parts import a_list, an_object

Json = dict[str, Any]
_LONGEST_TEXT = 2_000  # of a filter
_TEXTS = ("title", "rich_text")
_VALUES = ("number", "email", "url", "phone_number")
log = logging.getLogger("activities.notion")


class Known(Protocol):
    """What is known of an object beside its properties."""

    async def ours(self, found: Mapping[str, Any]) -> bool:
        """Tell whether it may be an earlier attempt's."""
        ...

    async def body_matches(self, page_id: object) -> bool:
        """Tell whether a page's blocks are those that were sent."""
        ...


class Rows:
    """Look for the row that an earlier attempt may have made: by its key, else by all that was sent."""

    def __init__(self, write: Write, asking: Asking, trail: Trail, known: Known) -> None:
        self._write, self._asking, self._trail, self._known = write, asking, trail, known
        self._sent = an_object(write.body.get("properties"))

    async def find(self, parent: Json) -> Json | None:
        """Return the oldest such row, or None."""
        key = self._key()
        body = {"sorts": [{"timestamp": "created_time", "direction": "ascending"}], "filter": key or self._narrow()}
        found: list[Json] = []
        asked = ""
        for path, asked in await self._sources(parent):
            async for page in self._asking.query(path, asked, body):
                if key and self._has_key(page):
                    found.append(page)
                elif not key and await self._matches(page):
                    return await self._whole(page, asked)
        if len(found) > 1:
            ids = ", ".join(str(page.get("id")) for page in found)
            log.warning("%d pages have the key %r; the oldest is taken: %s", len(found), self._write.key, ids)
        return await self._whole(found[0], asked) if found else None

    async def _whole(self, page: Json, asked: str) -> Json:
        """Return a page as the request's version has it, which may not be the one that was asked in."""
        return page if asked == self._asking.version else await self._asking.get(f"/v1/pages/{page['id']}")

    async def _sources(self, parent: Json) -> list[tuple[str, str]]:
        version = self._asking.version
        if "data_source_id" in parent:
            query = f"/v1/data_sources/{quote(str(parent['data_source_id']), safe='')}/query"
            return [(query, max(version, DATA_SOURCES))]
        database = f"/v1/databases/{quote(str(parent['database_id']), safe='')}"
        if version < DATA_SOURCES:
            return [(f"{database}/query", version)]
        sources = a_list((await self._asking.get(database)).get("data_sources"))
        return [(f"/v1/data_sources/{an_object(each).get('id')}/query", version) for each in sources]

    def _key(self) -> Json | None:
        """Return the filter for the key that was sent, if it is of a type that can be asked for exactly."""
        name = self._write.key
        given = an_object(self._sent.get(name) if name else None)
        for kind in _TEXTS:
            if kind in given and (text := text_of(given[kind])) and len(text) <= _LONGEST_TEXT:
                return {"property": name, kind: {"equals": text}}
        for kind in _VALUES:
            if given.get(kind) not in (None, ""):
                return {"property": name, kind: {"equals": given[kind]}}
        return None

    def _narrow(self) -> Json:
        """Return the filter for rows of the time in question, and of the title that was sent."""
        since = self._trail.window.isoformat()
        lately = {"timestamp": "created_time", "created_time": {"on_or_after": since}}
        for name, sent in self._sent.items():
            text = text_of(an_object(sent).get("title"))
            if text and text == text.strip() and len(text) <= _LONGEST_TEXT:
                return {"and": [lately, {"property": name, "title": {"equals": text}}]}
        return lately

    def _has_key(self, page: Json) -> bool:
        # Notion's filters ignore case, and look at pages of any age.
        sent = {name: value for name, value in self._sent.items() if name == self._write.key}
        made = moment(page.get("created_time"))
        lately = made is None or made >= self._trail.window
        return lately and page.get("id") not in self._trail.made and properties_match(sent, page) is True

    async def _matches(self, page: Json) -> bool:
        match = properties_match(self._sent, page)
        if match is None:
            raise CannotLook("none of the properties that were sent can be compared")
        return match and await self._known.ours(page) and await self._known.body_matches(page.get("id"))
