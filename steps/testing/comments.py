"""The comments of a simulated Notion, in memory."""

from __future__ import annotations

import re
from typing import Any

from steps.http import NotionRequest
from steps.parts import an_object
from steps.testing.listing import page_of
from steps.testing.texts import answered

_COMMENT = re.compile(r"/v1/comments/([^/]+)")


class Comments:
    """What steps say about pages and blocks, the oldest first."""

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    def answer(self, request: NotionRequest) -> dict[str, Any] | None:
        """Answer a call about comments; None where this cannot."""
        if request.path == "/v1/comments" and request.method == "POST":
            return self._create(request.body or {})
        if request.path == "/v1/comments" and request.method == "GET":
            asked = request.params or {}
            return page_of([one for one in self.made if _place(one) == asked.get("block_id")], asked)
        found = _COMMENT.fullmatch(request.path)
        if found and request.method == "GET":
            return next((one for one in self.made if one["id"] == found[1]), None)
        return None

    def _create(self, body: dict[str, Any]) -> dict[str, Any]:
        number = len(self.made) + 1
        discussed = [one for one in self.made if one["discussion_id"] == body.get("discussion_id")]
        comment: dict[str, Any] = {
            "object": "comment", "id": f"comment-{number}", "discussion_id": f"discussion-{number}",
            "parent": discussed[0]["parent"] if discussed else {}, **answered(body),
        }  # fmt: skip
        self.made.append(comment)
        return comment


def _place(comment: dict[str, Any]) -> object:
    parent = an_object(comment["parent"])
    return parent.get("page_id") or parent.get("block_id")
