"""`notion.comments`."""

from __future__ import annotations

from typing import Unpack

from steps.notion.bodies import CommentBody
from steps.notion.ids import path_id, read_id, with_parent
from steps.notion.results import Results
from steps.notion.shapes import Comment
from steps.notion.wire import Wire, given


class Comments:
    """Comments on pages and blocks."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def create(self, *, page: str | None = None, **body: Unpack[CommentBody]) -> Comment:
        """Add a comment: `rich_text`, and a `parent` or, to answer, a `discussion_id`.

        `page` says on which page or block a discussion is: where the answer is lost, the comment is looked for there.
        """
        place = None if page is None else read_id(page, "block")
        return await self._wire.call("POST", "/v1/comments", body=with_parent(given(body)), page=place)

    async def retrieve(self, comment_id: str) -> Comment:
        """Return a comment."""
        return await self._wire.call("GET", f"/v1/comments/{path_id(comment_id)}")

    def list(
        self,
        block_id: str,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
    ) -> Results[Comment]:
        """Return the open comments on a page or block, the oldest first."""
        params = {"block_id": read_id(block_id, "block")}
        return self._wire.results(
            "GET", "/v1/comments", params=params, limit=limit, page_size=page_size, start_cursor=start_cursor
        )
