"""Plain fetches to Notion, which are made with the care of its client's calls."""

from __future__ import annotations

from urllib.parse import urlsplit

from steps.retry import Retry

HOST = "api.notion.com"
RETRY = Retry(attempts=100, backoff=1, longest=60)
"""A rate limit may ask for a minute's wait, again and again."""


def is_notion(url: str) -> bool:
    """Tell whether an address is one of Notion's API."""
    try:
        parts = urlsplit(url.strip())
        return (parts.scheme, parts.hostname, parts.port or 443) == ("https", HOST, 443)
    except ValueError:
        return False  # said by whoever sends it
