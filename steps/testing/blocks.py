"""The blocks of simulated pages, in memory."""

from __future__ import annotations

import re
from typing import Any

from steps.http import NotionRequest
from steps.parts import a_list, an_object, is_object
from steps.testing.listing import page_of
from steps.testing.texts import answered

_CHILDREN = re.compile(r"/v1/blocks/([^/]+)/children")
_BLOCK = re.compile(r"/v1/blocks/([^/]+)")


class Blocks:
    """What steps append to pages and blocks, by the id of what it is in."""

    def __init__(self) -> None:
        self._in: dict[str, list[dict[str, Any]]] = {}
        self._made = 0

    def add(self, holder: str, children: object, after: str | None = None) -> list[dict[str, Any]]:
        """Keep blocks in a page or block: at its end, or after one; "" is its beginning."""
        held = self._in.setdefault(holder, [])
        place = _place([block["id"] for block in held], after)
        made = [self._block(holder, an_object(child)) for child in a_list(children)]
        held[place:place] = made
        return made

    def answer(self, request: NotionRequest) -> dict[str, Any] | None:
        """Answer a call about blocks; None where this cannot."""
        body = request.body or {}
        if found := _CHILDREN.fullmatch(request.path):
            if request.method == "GET":
                held = [block for block in self._in.get(found[1], []) if not block["in_trash"]]
                return page_of(held, request.params or {})
            if request.method == "PATCH":
                return page_of(self.add(found[1], body.get("children"), _after(body)), {"page_size": 100})
        found = _BLOCK.fullmatch(request.path)
        block = self._find(found[1]) if found else None
        if block is None or request.method not in ("GET", "PATCH", "DELETE"):
            return None
        if request.method == "PATCH":
            block |= {name: answered(part) if is_object(part) else part for name, part in body.items()}
        elif request.method == "DELETE":
            block["in_trash"] = True
        return block

    def _find(self, id: str) -> dict[str, Any] | None:
        return next((block for held in self._in.values() for block in held if block["id"] == id), None)

    def _block(self, holder: str, child: dict[str, Any]) -> dict[str, Any]:
        self._made += 1
        kind = child.get("type") or next((name for name in child if name != "object"), "unsupported")
        content = answered({**an_object(child.get(kind))})
        inner = content.pop("children", None) or child.get("children")
        block: dict[str, Any] = {
            "object": "block", "id": f"block-{self._made}", "parent": {"type": "page_id", "page_id": holder},
            "type": kind, kind: content, "has_children": bool(inner), "in_trash": False, "archived": False,
        }  # fmt: skip
        if inner:
            self.add(block["id"], inner)
        return block


def _place(ids: list[str], after: str | None) -> int:
    if after == "":
        return 0
    return ids.index(after) + 1 if after in ids else len(ids)


def _after(body: dict[str, Any]) -> str | None:
    position = an_object(body.get("position"))
    if position.get("type") == "start":
        return ""
    after = an_object(position.get("after_block")).get("id", body.get("after"))
    return after if isinstance(after, str) else None
