from __future__ import annotations

import hashlib
import secrets


def new_token() -> str:
    """Return 256 random bits as 43 URL-safe characters."""
    return secrets.token_urlsafe(32)


def new_id() -> str:
    """Return a random id of 32 hexadecimal digits."""
    return secrets.token_hex(16)


def digest(text: str) -> str:
    """Return the SHA-256 of the text, which is all that is stored of a token.

    No salt and no stretching: what is hashed here has 256 bits of its own.
    """
    # surrogatepass: any string from outside has a digest, it just matches nothing.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
