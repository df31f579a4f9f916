"""Look for what an earlier attempt of a write has made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

from activities.notion.asking import Asking, CannotLook
from activities.notion.matching import blocks_match, moment, text_of
from activities.notion.rows import Rows
from activities.notion.trail import Trail
from activities.notion.writes import Kind, Write
from steps.parts import a_list, an_object

Json = dict[str, Any]


class Earlier:
    """What attempts of one write may have left behind: made by this connection, lately, with what was sent."""

    def __init__(self, write: Write, asking: Asking, trail: Trail, bot: str) -> None:
        self._write, self._asking, self._trail, self._bot = write, asking, trail, bot
        self._me: str | None = None

    async def find(self) -> Json | None:
        """Return what there is, as Notion would have answered the write; None where nothing is.

        Raises:
            CannotLook: what was sent cannot be told from other things, or Notion does not let us look.
            TokenRefused, FailureError, FetchFailed: as `Asking`.
        """
        looks: Mapping[Kind, Callable[[], Awaitable[Json | None]]] = {
            Kind.PAGE: self._page,
            Kind.APPEND: self._appended,
            Kind.COMMENT: self._comment,
            Kind.DATABASE: self._database,
            Kind.DATA_SOURCE: self._data_source,
            Kind.TRASH: self._trashed,
            Kind.UPLOAD: self._upload,
        }
        look = looks.get(self._write.kind)
        if look is None:
            raise CannotLook(f"there is no way to find what {self._write.method} {self._write.path} made")
        return await look()

    async def ours(self, found: Mapping[str, Any]) -> bool:
        """Tell whether this connection made an object, lately, and it is not known to be another write's."""
        made = moment(found.get("created_time"))
        if found.get("id") in self._trail.made or (made is not None and made < self._trail.window):
            return False
        author = an_object(found.get("created_by")).get("id")
        if author is None or author == self._bot:
            return True
        if self._me is None:  # only where it matters: the account's id should be the same
            self._me = str((await self._asking.get("/v1/users/me")).get("id"))
        return author == self._me

    async def body_matches(self, page_id: object) -> bool:
        """Tell whether a page begins with the blocks that were sent for it."""
        sent = a_list(self._write.body.get("children"))
        found: list[Json] = []
        if sent:
            async for block in self._asking.list(f"/v1/blocks/{page_id}/children"):
                found.append(block)
                if len(found) == len(sent):
                    break
        return blocks_match(sent, found)

    async def _page(self) -> Json | None:
        parent = an_object(self._write.body.get("parent"))
        if "database_id" in parent or "data_source_id" in parent:
            return await Rows(self._write, self._asking, self._trail, self).find(parent)
        if isinstance(parent.get("page_id"), str):
            return await self._subpage(parent["page_id"])
        raise CannotLook("a page at the top of a workspace is in no list that can be looked through")

    async def _subpage(self, parent: str) -> Json | None:
        given: Any = an_object(self._write.body.get("properties")).get("title")
        title = text_of(a_list(given) or an_object(given).get("title"))
        if not title:
            raise CannotLook("the page has no title by which to know it")
        return await self._child("child_page", parent, title, "/v1/pages")

    async def _database(self) -> Json | None:
        parent = an_object(self._write.body.get("parent")).get("page_id")
        title = text_of(self._write.body.get("title"))
        if not isinstance(parent, str) or not title:
            raise CannotLook("a database without a title, or at the top of a workspace, cannot be told from others")
        return await self._child("child_database", parent, title, "/v1/databases")

    async def _child(self, kind: str, parent: str, title: str, path: str) -> Json | None:
        async for block in self._asking.list(f"/v1/blocks/{quote(parent, safe='')}/children"):
            named = block.get("type") == kind and an_object(block.get(kind)).get("title") == title
            if named and await self.ours(block) and (path != "/v1/pages" or await self.body_matches(block["id"])):
                return await self._asking.get(f"{path}/{block['id']}")
        return None

    async def _data_source(self) -> Json | None:
        database = an_object(self._write.body.get("parent")).get("database_id")
        name = text_of(self._write.body.get("title"))
        if not isinstance(database, str) or not name:
            raise CannotLook("a data source without a title cannot be told from others")
        holder = await self._asking.get(f"/v1/databases/{quote(database, safe='')}")
        for each in a_list(holder.get("data_sources")):
            if an_object(each).get("name") == name:
                found = await self._asking.get(f"/v1/data_sources/{an_object(each).get('id')}")
                if await self.ours(found):
                    return found
        return None

    async def _appended(self) -> Json | None:
        sent, run = a_list(self._write.body.get("children")), list[Json]()
        if not sent:
            return None
        async for block in self._asking.list(self._write.path):
            run = [*run, block][-len(sent) :] if await self.ours(block) else []
            if len(run) == len(sent) and blocks_match(sent, run):
                more: Json = {"next_cursor": None, "has_more": False, "type": "block", "block": {}}
                return {"object": "list", "results": run, **more}
        return None

    async def _comment(self) -> Json | None:
        body = self._write.body
        parent = an_object(body.get("parent"))
        place = parent.get("page_id") or parent.get("block_id") or self._write.page
        text = text_of(body.get("rich_text"))
        if not isinstance(place, str) or not text:
            raise CannotLook("a comment without text, or in a discussion whose page is not known, cannot be looked for")
        async for comment in self._asking.list("/v1/comments", block_id=place):
            here = body.get("discussion_id") in (None, comment.get("discussion_id"))
            if here and text_of(comment.get("rich_text")) == text and await self.ours(comment):
                return comment
        return None

    async def _trashed(self) -> Json | None:
        found = await self._asking.get(self._write.path)
        return found if found.get("in_trash") is True or found.get("archived") is True else None

    async def _upload(self) -> Json | None:
        found = await self._asking.get(f"/v1/file_uploads/{self._write.id()}")
        return found if found.get("status") == "uploaded" else None
