from __future__ import annotations

from local.notion import files, rich_text, shapes
from local.notion.call import Call
from local.notion.checks import a_string, an_array, an_id, an_object, one_of, only, required
from local.notion.errors import INTEGRATION, Json, failed, invalid, missing, object_not_found
from local.notion.objects import Block, Comment, Database, Parent, new_id
from local.notion.paging import listed

MAX_ATTACHMENTS = 3
_CATEGORIES = ("audio", "image", "video")


def create(call: Call) -> Json:
    """Add a comment to a page or block, or to a discussion."""
    body, workspace = call.body, call.workspace
    only(body, "body", ("parent", "discussion_id", "rich_text", "attachments", "display_name"))
    text = rich_text.parse(required(body, "rich_text", "body"), "body.rich_text")
    if "discussion_id" in body and "parent" in body:
        raise failed("body.discussion_id", "not present", body["discussion_id"])
    if "discussion_id" in body:
        discussion = an_id(body["discussion_id"], "body.discussion_id")
        parent = _discussed(call, discussion)
    else:
        discussion = new_id()
        parent = _commented(call, an_object(required(body, "parent", "body"), "body.parent"))
    name = _display_name(call, body.get("display_name", {"type": "integration"}))
    attachments = _attachments(call)
    stamps = workspace.stamps(call.bot.space, call.bot.id, parent)
    made = Comment(**stamps, discussion_id=discussion, rich_text=text, display_name=name, attachments=attachments)
    call.note("comment.created", workspace.add(made))
    return shapes.comment(made)


def comments(call: Call) -> Json:
    """Return the comments on a page or block, oldest first."""
    if "block_id" not in call.query:
        raise missing("query.block_id")
    target = call.workspace.find_block(call.bot, an_id(call.query["block_id"], "query.block_id"))
    found = [each for each in _comments(call) if each.parent.id == target.id]
    return listed(call, found, lambda each: each.id, shapes.comment, "comment")


def comment(call: Call) -> Json:
    """Return one comment."""
    return shapes.comment(call.find(Comment, "comment_id"))


def update(call: Call) -> Json:
    """Change what a comment says."""
    found = call.find(Comment, "comment_id")
    only(call.body, "body", ("rich_text",))
    found.rich_text = rich_text.parse(required(call.body, "rich_text", "body"), "body.rich_text")
    call.workspace.touch(found, call.bot)
    call.note("comment.updated", found)
    return shapes.comment(found)


def delete(call: Call) -> Json:
    """Delete a comment, for good."""
    found = call.find(Comment, "comment_id")
    del call.workspace.items[found.id]
    call.note("comment.deleted", found)
    return shapes.comment(found)


def _comments(call: Call) -> list[Comment]:
    found = [each for each in call.workspace.items.values() if isinstance(each, Comment)]
    return [each for each in found if call.workspace.sees(call.bot, each)]


def _discussed(call: Call, discussion: str) -> Parent:
    for each in _comments(call):
        if each.discussion_id == discussion:
            return each.parent
    raise object_not_found("discussion", discussion, call.workspace.integration_id)


def _commented(call: Call, given: Json) -> Parent:
    only(given, "body.parent", ("type", "page_id", "block_id"))
    for key in ("page_id", "block_id"):
        if key in given:
            item = call.workspace.find_block(call.bot, an_id(given[key], f"body.parent.{key}"))
            if isinstance(item, Database):
                raise invalid("A comment belongs to a page or a block.")
            return Parent("block" if isinstance(item, Block) else "page", item.id)
    raise missing("body.parent.page_id")


def _display_name(call: Call, value: object) -> Json:
    path = "body.display_name"
    given = an_object(value, path)
    kind = one_of(given.get("type"), f"{path}.type", ("integration", "user", "custom"))
    only(given, path, ("type", "custom") if kind == "custom" else ("type",))
    if kind != "custom":
        return {"type": kind, "resolved_name": INTEGRATION if kind == "integration" else call.bot.person.name}
    custom = an_object(required(given, "custom", path), f"{path}.custom")
    only(custom, f"{path}.custom", ("name",))
    return {"type": "custom", "resolved_name": a_string(required(custom, "name", f"{path}.custom"), path)}


def _attachments(call: Call) -> list[Json]:
    given = an_array(call.body.get("attachments", []), "body.attachments", MAX_ATTACHMENTS)
    return [_attachment(call, value, f"body.attachments[{index}]") for index, value in enumerate(given)]


def _attachment(call: Call, value: object, path: str) -> Json:
    given = an_object(value, path)
    only(given, path, ("type", "file_upload_id"))
    one_of(given.get("type", "file_upload"), f"{path}.type", ("file_upload",))
    held = files.attach(call, an_id(required(given, "file_upload_id", path), f"{path}.file_upload_id"))
    kind = call.attached[-1].content_type or ""
    general = kind.partition("/")[0]
    category = general if general in _CATEGORIES else "pdf" if kind == "application/pdf" else "productivity"
    return {"category": category, "file": held["file"]}
