"""Blocks: what a page is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from steps.notion.caller import Caller, path_to
from steps.notion.ids import notion_id
from steps.notion.results import MAX_ROWS, Results
from steps.notion.shapes import Block


class Blocks:
    """`notion.blocks`; a page's id is also that of the block which holds its content.

    Source: developers.notion.com/reference/block.
    """

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def retrieve(self, block_id: str, *, version: str | None = None) -> Block:
        """Return a block."""
        return _block(await self._caller.call("GET", path_to("blocks", block_id), version=version))

    def children(self, block_id: str, *, limit: int = MAX_ROWS, version: str | None = None) -> Results[Block]:
        """Give the blocks within a block or page, in their order."""
        path = f"{path_to('blocks', block_id)}/children"

        async def fetch(asked: dict[str, Any]) -> dict[str, Any]:
            return await self._caller.call("GET", path, params=asked, version=version)

        return Results(fetch, limit=limit)

    async def append(
        self,
        block_id: str,
        children: Sequence[Mapping[str, Any]],
        *,
        after: str | None = None,
        position: Mapping[str, Any] | None = None,
        version: str | None = None,
    ) -> list[Block]:
        """Add blocks, 100 at most, at the end or `after` another one, and return them."""
        if after is not None:
            position = {"type": "after_block", "after_block": {"id": notion_id(after)}}
        path = f"{path_to('blocks', block_id)}/children"
        body = {"children": list(children), "position": position}
        answer = await self._caller.call("PATCH", path, body=body, version=version)
        return cast("list[Block]", answer["results"])

    async def update(self, block_id: str, *, version: str | None = None, **body: Any) -> Block:
        """Change what a block holds, such as `paragraph={"rich_text": [...]}`."""
        return _block(await self._caller.call("PATCH", path_to("blocks", block_id), body=body, version=version))

    async def delete(self, block_id: str, *, version: str | None = None) -> Block:
        """Move a block to the trash."""
        return _block(await self._caller.call("DELETE", path_to("blocks", block_id), version=version))


def _block(answer: dict[str, Any]) -> Block:
    return cast("Block", answer)
