from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vault.errors import KeyTextInvalid
from vault.keyfile import KEY_BYTES, decode_key, read_keys


class Signer:
    """Sign text with HMAC-SHA256, under a key of its own for each purpose."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KeyTextInvalid(f"A signing key must have {KEY_BYTES} bytes.")
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> Signer:
        """Read the key from the first line of a file; make the file (mode 0600) at the first start.

        Raises:
            KeyFileExposed: others can read the file.
            KeyFileInvalid: the file is damaged, or cannot be read or made.
        """
        return cls(read_keys(path)[0])

    @classmethod
    def from_text(cls, text: str) -> Signer:
        """Read the key from text, the base64 of 32 bytes.

        Raises:
            KeyTextInvalid: the text is anything else.
        """
        return cls(decode_key(text))

    def sign(self, purpose: str, text: str) -> str:
        """Return the signature: 43 URL-safe characters."""
        mac = hmac.digest(self._key_for(purpose), text.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode("ascii")

    def matches(self, purpose: str, text: str, signature: str) -> bool:
        """Tell in constant time whether the signature is the text's; any other string is simply wrong."""
        expected = self.sign(purpose, text).encode("ascii")
        # Compared as text, not decoded: base64 has several spellings of the same bytes, and one is enough.
        return hmac.compare_digest(expected, signature.encode("utf-8", "surrogatepass"))

    def _key_for(self, purpose: str) -> bytes:
        info = b"durable-steps signing\0" + purpose.encode("utf-8", "surrogatepass")
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._key)
