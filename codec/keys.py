from __future__ import annotations

import base64
import binascii
import re
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

KEY_BYTES = 32
_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
_SALT_BYTES = 12
_NONCE_BYTES = 12
_TAG_BYTES = 16


class KeyTextWrong(ValueError):
    """Say what is wrong with the text of a key, without the key."""


class PayloadKey:
    """One key: XAES-256-GCM, which is AES-256-GCM under a key of its own for each payload.

    Made by C2SP's rule (c2sp.org/XAES-256-GCM), so that random nonces never run out: plain AES-GCM may be used for some
    2**32 payloads of one key, which a busy shop has in months.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise KeyTextWrong(f"A key has {KEY_BYTES} bytes.")
        self._mac = CMAC(AES(key))

    def __repr__(self) -> str:
        return "PayloadKey(...)"

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """Return nonce and ciphertext."""
        nonce = secrets.token_bytes(_SALT_BYTES + _NONCE_BYTES)
        return nonce + self._cipher(nonce[:_SALT_BYTES]).encrypt(nonce[_SALT_BYTES:], plain, context)

    def decrypt(self, sealed: bytes, context: bytes) -> bytes:
        """Return what was encrypted.

        Raises:
            InvalidTag: it was changed, cut, or encrypted under another key or context.
        """
        start = _SALT_BYTES + _NONCE_BYTES
        if len(sealed) < start + _TAG_BYTES:
            raise InvalidTag
        return self._cipher(sealed[:_SALT_BYTES]).decrypt(sealed[_SALT_BYTES:start], sealed[start:], context)

    def _cipher(self, salt: bytes) -> AESGCM:
        return AESGCM(self._part(1, salt) + self._part(2, salt))

    def _part(self, number: int, salt: bytes) -> bytes:
        mac = self._mac.copy()
        mac.update(bytes((0, number, ord("X"), 0)) + salt)
        return mac.finalize()


def read_keys(text: str) -> dict[str, PayloadKey]:
    """Return the keys of a text by their ids, the first one first: `id:base64 of 32 bytes`, apart by white space.

    Raises:
        KeyTextWrong: an entry is anything else, or an id comes twice.
    """
    keys: dict[str, PayloadKey] = {}
    for number, entry in enumerate(text.split(), start=1):
        name, _, encoded = entry.partition(":")
        if not _ID.fullmatch(name):
            raise KeyTextWrong(f"entry {number} has no id: write id:key, such as 2026-11:$(openssl rand -base64 32)")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise KeyTextWrong(f"the key {name!r} is not the base64 of {KEY_BYTES} bytes (openssl rand -base64 32)")
        if name in keys:
            raise KeyTextWrong(f"the id {name!r} comes twice")
        keys[name] = PayloadKey(key)
    return keys
