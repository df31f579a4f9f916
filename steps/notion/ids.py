"""Ids of Notion, in whichever form a person has one."""

from __future__ import annotations

import re
import uuid
from urllib.parse import urlsplit

from steps.errors import RequestInvalid

_PLAIN = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LAST = re.compile(r"([0-9a-fA-F]{32})$")
_HOSTS = ("notion.so", "notion.site", "notion.com")


def notion_id(given: str) -> str:
    """Return an id as Notion answers it, from one with or without dashes or from a page's address.

    Anything else is returned as it is: Notion says what it thinks of it.

    Raises:
        RequestInvalid: it is empty, or an address that holds no id.
    """
    text = given.strip() if isinstance(given, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]  # an author's
    if not text:
        raise RequestInvalid(f"An id of Notion is a text, not {str(given)[:40]!r}.")
    if _PLAIN.fullmatch(text):
        return str(uuid.UUID(text))
    if not text.startswith(("https://", "http://")):
        return text
    parts = urlsplit(text)
    found = _LAST.search(parts.path.rstrip("/").replace("-", ""))
    if found is None or not (parts.hostname or "").endswith(_HOSTS):
        raise RequestInvalid(f"{text[:100]!r} is no address of a page or database in Notion.")
    return str(uuid.UUID(found[1]))
