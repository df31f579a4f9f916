"""`notion.blocks`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from steps.errors import RequestInvalid
from steps.notion.ids import path_id, read_id
from steps.notion.results import Results
from steps.notion.shapes import Block, ResultPage
from steps.notion.wire import Wire

MAX_BLOCKS = 100


class Blocks:
    """Blocks: what stands on a page. A page is a block, too; an id may be an address, also that of a block."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def retrieve(self, block_id: str) -> Block:
        """Return a block without what is in it."""
        return await self._wire.call("GET", _path(block_id))

    def children(
        self,
        block_id: str,
        *,
        limit: int | None = None,
        page_size: int | None = None,
        start_cursor: str | None = None,
    ) -> Results[Block]:
        """Return the blocks in a page or block, one level deep."""
        path = f"{_path(block_id)}/children"
        return self._wire.results("GET", path, limit=limit, page_size=page_size, start_cursor=start_cursor)

    async def append(
        self,
        block_id: str,
        *,
        children: Sequence[Mapping[str, Any]],
        after: str | None = None,
        position: Mapping[str, Any] | None = None,
    ) -> ResultPage[Block]:
        """Add up to 100 blocks to a page or block: at its end, after the block `after`, or as `position` says."""
        if len(children) > MAX_BLOCKS:
            raise RequestInvalid(
                f"Notion takes {MAX_BLOCKS} blocks at once, and not {len(children)}: append the rest next."
            )
        if after is not None and position is not None:
            raise RequestInvalid("Give after or position, not both.")
        body: dict[str, Any] = {"children": [*children]}
        if after is not None:
            position = {"type": "after_block", "after_block": {"id": read_id(after, "block")}}
        if position is not None:
            body["position"] = position
        return await self._wire.call("PATCH", f"{_path(block_id)}/children", body=body)

    async def update(self, block_id: str, **body: Any) -> Block:
        """Change a block: its content under the name of its type, as in `paragraph={"rich_text": [...]}`."""
        return await self._wire.call("PATCH", _path(block_id), body=body)

    async def delete(self, block_id: str) -> Block:
        """Move a block to the trash."""
        return await self._wire.call("DELETE", _path(block_id))


def _path(block_id: str) -> str:
    return f"/v1/blocks/{path_id(block_id, 'block')}"
