from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import KeyTextInvalid, TamperedSecret, WrongKey
from vault.keyfile import KEY_BYTES, decode_key, read_keys

_NONCE_BYTES = 12


@dataclass(frozen=True)
class WrappedKey:
    """A data key that only the key named `key_id` unwraps."""

    key_id: str
    blob: bytes


class KeyProvider(Protocol):
    """Wrap data keys under a key that the vault itself never sees."""

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Wrap the data key for this context alone."""
        ...

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key.

        Raises:
            WrongKey: this provider does not have the key that wrapped it.
            TamperedSecret: it was changed, or wrapped for another context.
            VaultUnavailable: the provider does not answer.
        """
        ...

    async def check(self, wrapped: WrappedKey, context: bytes) -> None:
        """Raise as `unwrap` does where it would fail; a provider that may not unwrap has another way to find out."""
        await self.unwrap(wrapped, context)

    async def close(self) -> None:
        """Close the connections of the provider, if it has any."""


class LocalKeys(KeyProvider):
    """Wrap data keys with AES-256-GCM under a ring of keys held in memory.

    The first key wraps; all of them unwrap, so a new key put in front of the old ones takes over at once.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise KeyTextInvalid("There is no key, and nothing is stored without one.")
        if any(len(key) != KEY_BYTES for key in keys):
            raise KeyTextInvalid(f"A key must have {KEY_BYTES} bytes.")
        self._ring = {_key_id(key): AESGCM(key) for key in keys}
        self._primary = _key_id(keys[0])

    @classmethod
    def from_file(cls, path: Path) -> LocalKeys:
        """Read the keys from a file, one a line; make the file (mode 0600) at the first start.

        Raises:
            KeyFileExposed: others can read the file.
            KeyFileInvalid: the file is damaged, or cannot be read or made.
        """
        return cls(read_keys(path))

    @classmethod
    def from_text(cls, text: str) -> LocalKeys:
        """Read the keys from text, each the base64 of 32 bytes, separated by white space; the first one wraps.

        Raises:
            KeyTextInvalid: the text is empty or anything else.
        """
        return cls([decode_key(part) for part in text.split()])

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of the keys in the ring, the primary one first."""
        return (self._primary, *(key_id for key_id in self._ring if key_id != self._primary))

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Wrap the data key under the primary key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return WrappedKey(self._primary, nonce + self._ring[self._primary].encrypt(nonce, data_key, context))

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key, by whichever key of the ring wrapped it."""
        key = self._ring.get(wrapped.key_id)
        if key is None:
            raise WrongKey(
                "A secret was sealed with a key that is not in the ring. Start with the key that this database "
                "was made with."
            )
        try:
            return key.decrypt(wrapped.blob[:_NONCE_BYTES], wrapped.blob[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise TamperedSecret("The key of a stored secret does not open: it was changed or moved.") from None


def _key_id(key: bytes) -> str:
    # Derived, not chosen: two keys never share an id, and a wrong key is recognised before it is tried.
    return hashlib.sha256(b"durable-steps key id\0" + key).hexdigest()[:16]
