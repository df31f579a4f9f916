from __future__ import annotations

import re

from vault.errors import HandleInvalid

LONGEST = 63
RULE = "Use lowercase letters, numbers, and hyphens only"

_HANDLE = re.compile(r"[a-z0-9-]+")


def is_handle(text: str) -> bool:
    """Tell whether the text could be a handle."""
    # fullmatch, because `$` accepts a newline at the end.
    return len(text) <= LONGEST and _HANDLE.fullmatch(text) is not None


def check_handle(text: str) -> str:
    """Return the handle as it is.

    Raises:
        HandleInvalid: it is empty, longer than 63 characters, or holds another character than `a-z`, `0-9` and `-`.
    """
    if is_handle(text):
        return text
    if not text:
        raise HandleInvalid(f"{RULE}; the handle is empty.")
    if stranger := next((character for character in text if not _HANDLE.fullmatch(character)), None):
        raise HandleInvalid(f"{RULE}; the handle holds {stranger!a}.")
    raise HandleInvalid(f"{RULE}; the handle has {len(text)} characters, and at most {LONGEST} are allowed.")
