"""What is on the pages of a simulated Notion: blocks and comments."""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import unquote

from steps.http import NotionRequest

_CHILDREN = re.compile(r"/v1/blocks/([^/]+)/children")
BOT: dict[str, Any] = {"object": "user", "id": "bot-1", "type": "bot", "name": "Durable Steps", "bot": {}}


class Content:
    """Blocks by what holds them, and comments, in the order in which they were made."""

    def __init__(self) -> None:
        self.blocks: dict[str, list[dict[str, Any]]] = {}
        self.comments: list[dict[str, Any]] = []
        self._numbers = 0

    def answer(self, request: NotionRequest) -> dict[str, Any] | None:
        """Answer a call on blocks, comments or the bot itself; None for any other."""
        body = request.body or {}
        if found := _CHILDREN.fullmatch(request.path):
            held = self.blocks.setdefault(unquote(found[1]), [])
            if request.method == "GET":
                return _listed(held)
            return _listed(self._append(held, found[1], body)) if request.method == "PATCH" else None
        match request.method, request.path:
            case "GET", "/v1/users/me":
                return BOT
            case "POST", "/v1/comments":
                discussion = body.get("discussion_id") or f"discussion-{self._numbers + 1}"
                self.comments.append(self._made("comment", {**body, "discussion_id": discussion}))
                return self.comments[-1]
            case "GET", "/v1/comments":
                place = (request.params or {}).get("block_id")
                return _listed([one for one in self.comments if place in one.get("parent", {}).values()])
            case _:
                return None

    def _append(self, held: list[dict[str, Any]], parent: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        more = {"parent": {"type": "block_id", "block_id": parent}, "has_children": False, "in_trash": False}
        given = cast("list[dict[str, Any]]", body.get("children") or [])
        made = [self._made("block", {**more, **block}) for block in given]
        position = cast("dict[str, Any]", body.get("position") or {})
        after = cast("dict[str, Any]", position.get("after_block") or {}).get("id")
        place = next((index + 1 for index, block in enumerate(held) if block["id"] == after), len(held))
        held[place:place] = made
        return made

    def _made(self, kind: str, fields: dict[str, Any]) -> dict[str, Any]:
        self._numbers += 1
        return {"object": kind, "id": f"{kind}-{self._numbers}", **fields}


def _listed(found: list[dict[str, Any]]) -> dict[str, Any]:
    return {"object": "list", "results": found, "has_more": False, "next_cursor": None}
