from __future__ import annotations

from local.notion import blocks, events, shapes
from local.notion.call import Call
from local.notion.checks import an_id, an_object, one_of, only, required
from local.notion.errors import Json, invalid, missing
from local.notion.objects import Block, Database, Item, Page
from local.notion.pages import ARCHIVED, trash_keys, wanted_trash
from local.notion.paging import listed


def retrieve(call: Call) -> Json:
    """Return a block."""
    return shapes.block(call.workspace, _found(call), call.version)


def children(call: Call) -> Json:
    """Return the blocks that a page or block holds, in order."""
    return _listed(call, _alive(call, _holder(call).children))


def append(call: Call) -> Json:
    """Add blocks to a page or block: at the end, or where `after` or `position` say."""
    holder, body = _holder(call), call.body
    where = ("position",) if not call.version.has_archived else ("after",)
    only(body, "body", ("children", *where))
    if holder.in_trash:
        raise invalid(ARCHIVED)
    index = _index(call, holder)
    drafts = blocks.parse_many(call, required(body, "children", "body"), "body.children")
    if isinstance(holder, Block) and not blocks.holds_children(holder.type, holder.content):
        raise invalid(f"Block type {holder.type} does not support children.")
    added = blocks.attach(call, holder, drafts)
    ids = [block.id for block in added]
    rest = [id for id in holder.children if id not in set(ids)]
    holder.children[:] = [*rest[:index], *ids, *rest[index:]]
    call.workspace.touch(holder, call.bot)
    call.events += events.content_updated(call.workspace, holder, added)
    return _listed(call, added)


def update(call: Call) -> Json:
    """Change a block's content, or whether it is in the trash."""
    block, body = _found(call), call.body
    if not isinstance(block, Block):
        raise invalid(f"This block is a {block.kind}: update it by the {block.kind}s endpoint.")
    only(body, "body", ("type", block.type, *trash_keys(call)))
    trashed = wanted_trash(call)
    if block.in_trash and trashed is not False:
        raise invalid(ARCHIVED)
    if block.type in body:
        path = f"body.{block.type}"
        block.content = blocks.parse_content(call, block.type, an_object(body[block.type], path), path, block.content)
    block.in_trash = block.in_trash if trashed is None else trashed
    call.workspace.touch(block, call.bot)
    call.events += events.content_updated(call.workspace, block, [block])
    return shapes.block(call.workspace, block, call.version)


def delete(call: Call) -> Json:
    """Put a block into the trash; a page or database as well."""
    block = _found(call)
    if block.in_trash:
        raise invalid(ARCHIVED)
    if isinstance(block, Block):
        call.events += events.content_updated(call.workspace, block, [block])
    else:
        call.events += events.changed(block, block.kind, True)
    block.in_trash = True
    call.workspace.touch(block, call.bot)
    return shapes.block(call.workspace, block, call.version)


def _found(call: Call) -> Page | Block | Database:
    return call.workspace.find_block(call.bot, call.id("block_id"))


def _holder(call: Call) -> Page | Block:
    found = _found(call)
    if isinstance(found, Database):
        raise invalid("A database has no block children: query it instead.")
    return found


def _alive(call: Call, ids: list[str]) -> list[Item]:
    found = (call.workspace.items[id] for id in ids)
    return [item for item in found if not item.in_trash and call.workspace.listed(item)]


def _listed(call: Call, items: list[Item] | list[Block]) -> Json:
    found = [item for item in items if isinstance(item, Page | Block | Database)]
    return listed(
        call, found, lambda item: item.id, lambda item: shapes.block(call.workspace, item, call.version), "block"
    )


def _index(call: Call, holder: Page | Block) -> int:
    """Return where in its holder the first new block goes."""
    end = len(holder.children)
    if "after" in call.body:
        return _after(holder, an_id(call.body["after"], "body.after"))
    if "position" not in call.body:
        return end
    position = an_object(call.body["position"], "body.position")
    kind = one_of(position.get("type"), "body.position.type", ("after_block", "start", "end"))
    only(position, "body.position", ("type", "after_block"))
    if kind != "after_block":
        return 0 if kind == "start" else end
    if "after_block" not in position:
        raise missing("body.position.after_block")
    block = an_object(position["after_block"], "body.position.after_block")
    return _after(holder, an_id(required(block, "id", "body.position.after_block"), "body.position.after_block.id"))


def _after(holder: Page | Block, id: str) -> int:
    if id not in holder.children:
        raise invalid(f"Block {id} is not a child of {holder.id}.")
    return holder.children.index(id) + 1
