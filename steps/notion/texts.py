"""Texts as long as Notion takes them. Notion counts as JavaScript does: a character such as an emoji counts as two."""

from __future__ import annotations

MAX_PIECE = 2_000
MAX_PIECES = 100


def units(text: str) -> int:
    """Return how long Notion finds a text."""
    return len(text) + sum(character > "\uffff" for character in text)


def split(text: str) -> list[str]:
    """Return a text in pieces that Notion takes; together they are the text, and no character is cut in two."""
    pieces: list[str] = []
    begin = size = 0
    for index, character in enumerate(text):
        more = 2 if character > "\uffff" else 1
        if size + more > MAX_PIECE:
            pieces.append(text[begin:index])
            begin, size = index, 0
        size += more
    return [*pieces, text[begin:]] if text else []
