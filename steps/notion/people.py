"""The people and bots of a workspace, and what they say on pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from steps.errors import RequestInvalid
from steps.notion.caller import Caller, path_to
from steps.notion.ids import notion_id
from steps.notion.results import MAX_ROWS, Results
from steps.notion.shapes import Comment, User


class Users:
    """`notion.users`. Source: developers.notion.com/reference/user."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def me(self) -> User:
        """Return the bot that this connection is."""
        return cast("User", await self._caller.call("GET", "/v1/users/me"))

    async def retrieve(self, user_id: str) -> User:
        """Return a person or bot."""
        return cast("User", await self._caller.call("GET", path_to("users", user_id)))

    def list(self, *, limit: int = MAX_ROWS) -> Results[User]:
        """Give the people and bots of the workspace; guests are not among them."""

        async def fetch(asked: dict[str, Any]) -> dict[str, Any]:
            return await self._caller.call("GET", "/v1/users", params=asked)

        return Results(fetch, limit=limit)


class Comments:
    """`notion.comments`. Source: developers.notion.com/reference/comment-object."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def create(
        self,
        rich_text: str | Sequence[Mapping[str, Any]],
        *,
        page: str | None = None,
        block: str | None = None,
        discussion: str | None = None,
        **more: Any,
    ) -> Comment:
        """Comment on a page or a block, or in a discussion; `rich_text` may be a plain text.

        Give the `page` of a `discussion`, too: where an answer is lost, the comment is looked for there.
        """
        text = [{"text": {"content": rich_text}}] if isinstance(rich_text, str) else list(rich_text)
        body: dict[str, Any] = {"rich_text": text, **more}
        match page, block, discussion:
            case (str(place), None, None):
                body["parent"] = {"page_id": notion_id(place)}
            case (None, str(place), None):
                body["parent"] = {"block_id": notion_id(place)}
            case (_, None, str()):
                body["discussion_id"] = notion_id(discussion)
            case _:
                raise RequestInvalid("A comment is on a page, on a block, or in a discussion: give one of them.")
        where = notion_id(page) if page is not None and discussion is not None else None
        return cast("Comment", await self._caller.call("POST", "/v1/comments", body=body, page=where))

    async def retrieve(self, comment_id: str) -> Comment:
        """Return a comment."""
        return cast("Comment", await self._caller.call("GET", path_to("comments", comment_id)))

    def list(self, block_or_page_id: str, *, limit: int = MAX_ROWS) -> Results[Comment]:
        """Give the open comments on a page or block, the oldest first."""

        async def fetch(asked: dict[str, Any]) -> dict[str, Any]:
            return await self._caller.call(
                "GET", "/v1/comments", params={"block_id": notion_id(block_or_page_id)} | asked
            )

        return Results(fetch, limit=limit)
