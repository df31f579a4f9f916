"""`notion.users`."""

from __future__ import annotations

from steps.notion.ids import path_id
from steps.notion.results import Results
from steps.notion.shapes import User
from steps.notion.wire import Wire


class Users:
    """The people and bots of the workspace."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def me(self) -> User:
        """Return the connection's own bot."""
        return await self._wire.call("GET", "/v1/users/me")

    async def retrieve(self, user_id: str) -> User:
        """Return a person or bot."""
        return await self._wire.call("GET", f"/v1/users/{path_id(user_id)}")

    def list(
        self, *, limit: int | None = None, page_size: int | None = None, start_cursor: str | None = None
    ) -> Results[User]:
        """Return everybody; guests are not listed."""
        return self._wire.results("GET", "/v1/users", limit=limit, page_size=page_size, start_cursor=start_cursor)
