"""How a workflow's name becomes part of an address."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+|[0-9]+")


def slug(name: str) -> str:
    """Return `order-to-notion` for `OrderToNotion`."""
    return "-".join(word.lower() for word in _WORD.findall(name)) or name.lower()
