from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from local.notion import checks, files, rich_text
from local.notion.call import MAX_BLOCKS, Call
from local.notion.checks import a_boolean, a_string, an_array, an_object, only, required
from local.notion.errors import Json, failed, invalid, missing
from local.notion.objects import Block, Page, Parent

TEXTS = (
    *("paragraph", "bulleted_list_item", "numbered_list_item", "quote", "to_do", "toggle", "callout"),
    *("heading_1", "heading_2", "heading_3", "heading_4"),
)
PARENTS = ("paragraph", "bulleted_list_item", "numbered_list_item", "quote", "to_do", "toggle", "callout")
EMPTY = ("divider", "breadcrumb", "column_list", "column")
LINKS = ("embed", "bookmark")
MEDIA = ("image", "video", "pdf", "file", "audio")
TYPES = (*TEXTS, *EMPTY, *LINKS, *MEDIA, "code", "equation", "table_of_contents", "table", "table_row")
NESTED = ("table", "column_list", "column")
MAX_DEPTH = 2


@dataclass
class Draft:
    """Hold a checked block that is not part of a page yet."""

    type: str
    content: Json
    children: list[Draft] = field(default_factory=list["Draft"])

    def count(self) -> int:
        """Return how many blocks this is, those within included."""
        return 1 + sum(child.count() for child in self.children)


def parse_many(call: Call, value: object, path: str, depth: int = 0) -> list[Draft]:
    """Return the blocks of a request, or refuse."""
    drafts = [_parse(call, each, f"{path}[{index}]", depth) for index, each in enumerate(an_array(value, path))]
    if depth == 0 and sum(draft.count() for draft in drafts) > MAX_BLOCKS:
        raise invalid(f"body failed validation: {path} should hold ≤ `{MAX_BLOCKS}` blocks.")
    return drafts


def attach(call: Call, holder: Page | Block, drafts: list[Draft]) -> list[Block]:
    """Add blocks to the end of a page or block."""
    added: list[Block] = []
    kind = "page" if isinstance(holder, Page) else "block"
    for draft in drafts:
        stamps = call.workspace.stamps(holder.space, call.bot.id, Parent(kind, holder.id))
        block = call.workspace.add(Block(**stamps, type=draft.type, content=draft.content))
        attach(call, block, draft.children)
        added.append(block)
    return added


def parse_content(call: Call, kind: str, given: Json, path: str, older: Json | None = None) -> Json:
    """Return a block's content as Notion answers it, or refuse; `older` gives what an update leaves out."""
    if kind in TEXTS or kind == "code":
        return _text(kind, {**(older or {}), **given} if older else given, path, older is not None)
    if kind in EMPTY:
        only(given, path, ())
        return {}
    if kind in LINKS:
        given = {**(older or {}), **given}
        only(given, path, ("url", "caption"))
        return {"url": url(required(given, "url", path), f"{path}.url"), "caption": _caption(given, path)}
    if kind in MEDIA:
        return _media(call, kind, given, path, older)
    if kind == "equation":
        only(given, path, ("expression",))
        return {"expression": a_string(required(given, "expression", path), f"{path}.expression", 1_000)}
    if kind == "table_of_contents":
        only(given, path, ("color",))
        return {"color": rich_text.color(given.get("color", "default"), f"{path}.color")}
    return _table(kind, given, path)


def holds_children(kind: str, content: Json) -> bool:
    """Say whether blocks of that type hold others."""
    return kind in (*PARENTS, *NESTED) or bool(content.get("is_toggleable"))


def url(value: object, path: str) -> str:
    """Return a non-empty string, or refuse."""
    text = a_string(value, path)
    if not text:
        raise failed(path, "a non-empty string", value)
    return text


def _parse(call: Call, value: object, path: str, depth: int) -> Draft:
    given = an_object(value, path)
    kinds = [kind for kind in TYPES if kind in given]
    if not kinds:
        raise missing(f"{path}.{given.get('type', 'paragraph')}")
    kind = kinds[0]
    only(given, path, ("object", "type", kind))
    checks.one_of(given.get("object", "block"), f"{path}.object", ("block",))
    checks.one_of(given.get("type", kind), f"{path}.type", (kind,))
    content = dict(an_object(given[kind], f"{path}.{kind}"))
    children: Any = content.pop("children", [])
    if children and not holds_children(kind, content):
        raise failed(f"{path}.{kind}.children", "not present", children)
    if children and depth >= MAX_DEPTH:
        raise failed(f"{path}.{kind}.children", "not present", children)
    drafts = parse_many(call, children, f"{path}.{kind}.children", depth + 1)
    draft = Draft(kind, parse_content(call, kind, content, f"{path}.{kind}"), drafts)
    _check_nesting(draft, path)
    return draft


def _check_nesting(draft: Draft, path: str) -> None:
    wanted = {"table": "table_row", "column_list": "column"}.get(draft.type)
    if wanted is None:
        return
    if not draft.children:
        raise missing(f"{path}.{draft.type}.children")
    for index, child in enumerate(draft.children):
        if child.type != wanted:
            raise missing(f"{path}.{draft.type}.children[{index}].{wanted}")
        width = draft.content.get("table_width", 0)
        if wanted == "table_row" and len(child.content["cells"]) != width:
            raise invalid("Number of cells in table row must match the table width of the parent table")


def _text(kind: str, given: Json, path: str, update: bool) -> Json:
    extra = {"to_do": ("checked",), "callout": ("icon",), "code": ("language", "caption"), "paragraph": ("icon",)}
    toggleable = ("is_toggleable",) if kind.startswith("heading_") else ()
    only(given, path, ("rich_text", *(() if kind == "code" else ("color",)), *extra.get(kind, ()), *toggleable))
    content: Json = {"rich_text": rich_text.parse(required(given, "rich_text", path), f"{path}.rich_text")}
    if kind == "code":
        language = a_string(given.get("language", "plain text") if update else required(given, "language", path), path)
        return {**content, "language": language, "caption": _caption(given, path)}
    content["color"] = rich_text.color(given.get("color", "default"), f"{path}.color")
    if kind == "to_do":
        content["checked"] = a_boolean(given.get("checked", False), f"{path}.checked")
    if kind in ("callout", "paragraph"):
        content["icon"] = given.get("icon")
    if toggleable:
        content["is_toggleable"] = a_boolean(given.get("is_toggleable", False), f"{path}.is_toggleable")
    return content


def _media(call: Call, kind: str, given: Json, path: str, older: Json | None) -> Json:
    only(given, path, ("type", *files.KINDS, "caption", *(("name",) if kind == "file" else ())))
    if older is not None and not any(each in given for each in files.KINDS):
        held = {key: older[key] for key in ("type", older["type"])}
    else:
        held = files.parse(call, given, path)
    content = {**held, "caption": _caption({**(older or {}), **given}, path)}
    if kind != "file":
        return content
    name = given.get("name") or (older or {}).get("name") or held[held["type"]]["url"].rpartition("/")[2]
    return {**content, "name": a_string(name, f"{path}.name")}


def _table(kind: str, given: Json, path: str) -> Json:
    if kind == "table":
        only(given, path, ("table_width", "has_column_header", "has_row_header"))
        width = checks.a_number(required(given, "table_width", path), f"{path}.table_width")
        flags = {
            key: a_boolean(given.get(key, False), f"{path}.{key}") for key in ("has_column_header", "has_row_header")
        }
        return {"table_width": width, **flags}
    only(given, path, ("cells",))
    cells = an_array(required(given, "cells", path), f"{path}.cells")
    return {"cells": [rich_text.parse(cell, f"{path}.cells[{index}]") for index, cell in enumerate(cells)]}


def _caption(given: Json, path: str) -> list[Json]:
    return rich_text.parse(given.get("caption", []), f"{path}.caption")
