"""Texts of a simulated Notion."""

from __future__ import annotations

from typing import Any

from steps.parts import a_list, an_object


def answered(content: dict[str, Any]) -> dict[str, Any]:
    """Return content with its `rich_text` as Notion answers it: with the plain text of each piece."""
    if "rich_text" not in content:
        return content
    return {**content, "rich_text": [_piece(an_object(piece)) for piece in a_list(content["rich_text"])]}


def _piece(piece: dict[str, Any]) -> dict[str, Any]:
    plain = an_object(piece.get("text")).get("content", "")
    return {"type": "text", "plain_text": plain, "annotations": {}, "href": None, **piece}
