from __future__ import annotations

from local.notion import reading, rich_text, shapes
from local.notion.call import Call
from local.notion.checks import an_id, an_object, one_of, only, required
from local.notion.errors import Json, failed, invalid, missing, object_not_found
from local.notion.objects import Block, Bot, Comment, Database, DataSource, Item, Page, Parent, Person, new_id
from local.notion.paging import listed


def me(call: Call) -> Json:
    """Return the bot that the token speaks for."""
    return shapes.user(call.bot)


def users(call: Call) -> Json:
    """Return the people and bots of the workspace."""
    people = [each for each in call.workspace.people.values() if each.space.id == call.bot.space]
    found: list[Person | Bot] = [*people, call.bot]
    return listed(call, found, lambda each: each.id, shapes.user, "user")


def user(call: Call) -> Json:
    """Return one person or bot."""
    id = call.id("user_id")
    found = call.workspace.user(call.bot.space, id)
    if found is None:
        raise object_not_found("user", id, call.workspace.integration_id)
    return shapes.user(found)


def create_comment(call: Call) -> Json:
    """Add a comment to a page or block, or to a discussion."""
    body, workspace = call.body, call.workspace
    only(body, "body", ("parent", "discussion_id", "rich_text"))
    text = rich_text.parse(required(body, "rich_text", "body"), "body.rich_text")
    if "discussion_id" in body and "parent" in body:
        raise failed("body.discussion_id", "not present", body["discussion_id"])
    if "discussion_id" in body:
        discussion = an_id(body["discussion_id"], "body.discussion_id")
        parent = _discussed(call, discussion)
    else:
        discussion = new_id()
        parent = _commented(call, an_object(required(body, "parent", "body"), "body.parent"))
    stamps = workspace.stamps(call.bot.space, call.bot.id, parent)
    return shapes.comment(workspace.add(Comment(**stamps, discussion_id=discussion, rich_text=text)))


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


def search(call: Call) -> Json:
    """Return the pages and databases whose title holds a text, last edited first."""
    body = call.body
    only(body, "body", ("query", "filter", "sort", "start_cursor", "page_size"))
    sought = body.get("query", "")
    if not isinstance(sought, str):
        raise failed("body.query", "a string", sought)
    holder = Database if not call.version.has_data_sources else DataSource
    wanted = _wanted(call, call.version.row_kind)
    kinds = {"page": (Page,), call.version.row_kind: (holder,)}.get(wanted, (Page, holder))
    items = [item for item in call.workspace.items.values() if isinstance(item, kinds) and not item.in_trash]
    items = [item for item in items if sought.casefold() in _title(call, item).casefold()]
    items = [item for item in items if call.workspace.listed(item) and call.workspace.sees(call.bot, item)]
    newest_first = _newest_first(call)
    if newest_first:
        items.reverse()  # of one minute, too, the newest comes first
    items.sort(key=lambda item: item.last_edited_time, reverse=newest_first)
    kind = f"page_or_{call.version.row_kind}"
    return listed(call, items, lambda item: item.id, lambda item: _shape(call, item), kind, call.workspace.query_limit)


def _wanted(call: Call, row_kind: str) -> str:
    if call.body.get("filter") is None:
        return ""
    given = an_object(call.body["filter"], "body.filter")
    only(given, "body.filter", ("property", "value"))
    one_of(given.get("property"), "body.filter.property", ("object",))
    return one_of(given.get("value"), "body.filter.value", ("page", row_kind))


def _newest_first(call: Call) -> bool:
    if call.body.get("sort") is None:
        return True
    given = an_object(call.body["sort"], "body.sort")
    only(given, "body.sort", ("timestamp", "direction"))
    one_of(given.get("timestamp"), "body.sort.timestamp", ("last_edited_time",))
    return one_of(given.get("direction"), "body.sort.direction", ("ascending", "descending")) == "descending"


def _title(call: Call, item: Item) -> str:
    if isinstance(item, Page):
        return reading.title(call.workspace, item)
    return rich_text.plain(item.title) if isinstance(item, Database | DataSource) else ""


def _shape(call: Call, item: Item) -> Json:
    if isinstance(item, Page):
        return shapes.page(call.workspace, item, call.version)
    if isinstance(item, Database):
        return shapes.database(call.workspace, item, call.version)
    assert isinstance(item, DataSource)  # noqa: S101 - for the type checker: search finds nothing else
    return shapes.data_source(call.workspace, item, call.version)


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
