"""References to secrets: what a workflow holds in a token's place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Literal

Kind = Literal["connection", "variable"]
Sign = Callable[[str, str], str]  # of a purpose and a text: the vault's signer

PATTERN = re.compile(r"sealed:(connection|variable):([A-Za-z0-9_-]{1,64}):([A-Za-z0-9_-]{43})")


class SealedToken(str):
    """A reference to a secret, used like the secret itself: `f"Bearer {token}"` in a request header.

    Its text is `sealed:<kind>:<name>:<proof>`. The activity that sends the request puts the secret in the text's place,
    over https and only for the hosts that the secret is for. The proof ties the reference to one workflow, so that text
    from outside, or another workflow's reference, opens nothing.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        match = PATTERN.fullmatch(self)
        return f"SealedToken({match[2]!r})" if match else "SealedToken(damaged)"


def seal_purpose(workflow: str) -> str:
    """Return the purpose under which a workflow's references are signed."""
    return f"seal:{workflow}"


def seal_text(kind: Kind, name: str) -> str:
    """Return what a reference's proof signs."""
    return f"{kind}:{name}"


def make_reference(kind: Kind, name: str, proof: str) -> SealedToken:
    """Return the reference for a proof that the vault's signer made."""
    return SealedToken(f"sealed:{kind}:{name}:{proof}")


def refer_to(kind: Kind, name: str, workflow: str, sign: Sign) -> SealedToken:
    """Return the reference that opens for this workflow alone."""
    return make_reference(kind, name, sign(seal_purpose(workflow), seal_text(kind, name)))


def is_sealed(text: str) -> bool:
    """Tell whether a text holds a sealed reference."""
    return PATTERN.search(text) is not None
