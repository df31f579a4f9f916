"""Tokens of waits: which run, which wait, and a signature, as one piece of an address."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass

PURPOSE = "resume"
_SHAPE = re.compile(r"([A-Za-z0-9_-]{1,2000})\.([A-Za-z0-9_-]{43})")
_WAIT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True)
class ResumeToken:
    """What a token says; whether it may be believed, the signature tells."""

    run_id: str
    wait_id: str
    signature: str

    @property
    def signed(self) -> str:
        """The text that the signature is of."""
        return f"{self.run_id}\0{self.wait_id}"


def make_token(run_id: str, wait_id: str, sign: Callable[[str], str]) -> str:
    """Return the token of a wait."""
    text = f"{run_id}\0{wait_id}"
    return f"{_encoded(text)}.{sign(text)}"


def read_token(token: str) -> ResumeToken | None:
    """Return what a token says, or None when it is not one."""
    match = _SHAPE.fullmatch(token)
    if match is None:
        return None
    try:
        text = base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    run_id, _, wait_id = text.rpartition("\0")
    # One spelling is enough: base64 has several of the same bytes.
    if not run_id or not _WAIT.fullmatch(wait_id) or _encoded(text) != match[1]:
        return None
    return ResumeToken(run_id, wait_id, match[2])


def _encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode("ascii")
