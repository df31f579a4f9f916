"""Text that can be kept, whatever it is made from."""

from __future__ import annotations


def shown(value: object, limit: int) -> str:
    """Return what `str(value)` says, cut to `limit` characters, and fit for UTF-8.

    A `__str__` of an author's class may raise, and a text may hold half of a surrogate pair, which no JSON can carry.
    """
    try:
        text = str(value)
    except Exception as error:
        text = f"<{type(value).__name__}, whose __str__ raised {type(error).__name__}>"
    text = text if len(text) <= limit else text[: limit - 1] + "…"
    return text.encode("utf-8", "replace").decode()
