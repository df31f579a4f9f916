from __future__ import annotations

from typing import Any

import pytest

from activities.notion.matching import blocks_match, properties_match, text_of


def block(kind: str, *items: Any) -> dict[str, Any]:
    return {"type": kind, kind: {"rich_text": list(items)}}


def text(content: str) -> dict[str, Any]:
    return {"type": "text", "text": {"content": content}}


def plain(content: str) -> dict[str, Any]:
    return {**text(content), "plain_text": content}


ID = "0a7d5e10-0000-4000-8000-0000000050ce"
MENTION = {"type": "mention", "mention": {"page": {"id": ID}}}
OPTION = {"id": "o-1", "name": "Open", "color": "red"}


@pytest.mark.parametrize(
    ("kind", "sent", "held", "same"),
    [
        ("title", [text("a"), text("b")], [plain("ab")], True),
        ("title", [text("a")], [plain("A")], False),
        ("title", [text("a")], [], False),
        ("rich_text", [MENTION], [plain("Home")], None),
        ("rich_text", [{"equation": {"expression": "x"}}], [plain("x")], True),
        ("number", 1, 1.0, True),
        ("number", 0.1 + 0.2, 0.3, True),
        ("number", None, None, True),
        ("number", 0, None, False),
        ("checkbox", True, True, True),
        ("checkbox", True, False, False),
        ("url", "https://a.example", "https://a.example/", True),
        ("url", None, None, True),
        ("email", "a@b.example", "c@b.example", False),
        ("phone_number", "1", "1", True),
        ("select", {"name": "Open"}, OPTION, True),
        ("select", {"id": "o-1"}, OPTION, True),
        ("select", {"name": "Paid"}, OPTION, False),
        ("select", None, None, True),
        ("select", None, OPTION, False),
        ("select", {"name": "Open"}, None, False),
        ("status", {"name": "Open"}, OPTION, True),
        ("multi_select", [{"name": "Open"}], [OPTION], True),
        ("multi_select", [{"name": "Open"}], [OPTION, {"id": "o-2", "name": "Paid"}], False),
        ("multi_select", [], [], True),
        ("date", {"start": "2026-11-23"}, {"start": "2026-11-23", "end": None, "time_zone": None}, True),
        ("date", {"start": "2026-11-23"}, {"start": "2026-11-24", "end": None}, False),
        ("date", {"start": "2026-11-23T10:00:20Z"}, {"start": "2026-11-23T11:00:00.000+01:00", "end": None}, True),
        (
            "date",
            {"start": "2026-11-23T10:00:00", "time_zone": "Europe/Berlin"},
            {"start": "2026-11-23T10:00:00.000+01:00", "end": None},
            True,
        ),
        ("date", {"start": "2026-11-23", "end": "2026-11-24"}, {"start": "2026-11-23", "end": None}, False),
        ("date", None, None, True),
        ("people", [{"id": ID}], [{"object": "user", "id": ID}], True),
        ("relation", [{"id": ID.replace("-", "")}], [{"id": ID}], True),
        ("relation", [{"id": ID}], [], False),
        ("relation", [{"id": str(n)} for n in range(30)], [{"id": str(n)} for n in range(25)], True),
        ("files", [{"name": "a.pdf", "external": {"url": "x"}}], [{"name": "a.pdf"}], True),
        ("files", [{"file_upload": {"id": ID}}], [{"name": "a.pdf"}], None),
        ("place", {"lat": 1}, {"lat": 2}, None),
    ],
)
def test_a_property_is_compared_by_its_type(kind: str, sent: Any, held: Any, same: bool | None) -> None:
    page = {"properties": {"P": {"id": "x%3Ay", "type": kind, kind: held}}}
    assert properties_match({"P": {kind: sent}}, page) is same
    assert properties_match({"x%3Ay": {"type": kind, kind: sent}}, page) is same
    assert properties_match({"x:y": {kind: sent}}, page) is same
    if isinstance(sent, list):
        assert properties_match({"P": sent}, page) is same


def test_every_property_that_was_sent_counts_and_no_other() -> None:
    page = {
        "properties": {
            "A": {"id": "a", "type": "number", "number": 1},
            "B": {"id": "b", "type": "number", "number": 2},
            "C": {"id": "c", "type": "number", "number": 3},
        }
    }
    assert properties_match({"A": {"number": 1}, "B": {"number": 2}}, page) is True
    assert properties_match({"A": {"number": 1}, "B": {"number": 3}}, page) is False
    assert properties_match({"A": {"number": 1}, "gone": {"number": 3}}, page) is True
    assert properties_match({"gone": {"number": 3}}, page) is None
    assert properties_match({}, page) is None


@pytest.mark.parametrize(
    ("sent", "found", "same"),
    [
        ({"paragraph": {"rich_text": [text("a")]}}, block("paragraph", plain("a")), True),
        ({"paragraph": {"rich_text": [text("a")]}}, block("paragraph", plain("b")), False),
        ({"paragraph": {"rich_text": [text("a")]}}, block("heading_1", plain("a")), False),
        ({"object": "block", "type": "divider", "divider": {}}, {"type": "divider", "divider": {}}, True),
        ({"equation": {"expression": "x"}}, {"type": "equation", "equation": {"expression": "y"}}, False),
        ({"bookmark": {"url": "x"}}, {"type": "bookmark", "bookmark": {"url": "x", "caption": []}}, True),
        (
            {"image": {"external": {"url": "x"}}},
            {"type": "image", "image": {"type": "external", "external": {"url": "x"}}},
            True,
        ),
        (
            {"table_row": {"cells": [[text("a")], [text("b")]]}},
            {"type": "table_row", "table_row": {"cells": [[plain("a")], [plain("c")]]}},
            False,
        ),
        ({"paragraph": {"rich_text": [MENTION]}}, block("paragraph", plain("x")), True),
    ],
)  # fmt: skip
def test_a_block_is_compared_by_type_and_text(sent: Any, found: Any, same: bool) -> None:
    assert blocks_match([sent], [found]) is same
    assert not blocks_match([sent, sent], [found])


def test_what_is_no_text_has_none() -> None:
    assert (text_of([]), text_of(None), text_of("x"), text_of([MENTION])) == ("", "", "", None)
