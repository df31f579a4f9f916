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
from vault.key_errors import KeyNotRotatable
from vault.keyfile import KEY_BYTES, decode_key
from vault.keyring import KeyRing

_NONCE_BYTES = 12
_PUT_IN_FRONT = (
    "The key is given as text (STEPS_MASTER_KEY), where the product cannot put a new one. Make one with "
    "`openssl rand -base64 32`, put it after the old one with a space between, restart everything, put it in front, "
    "restart everything, and run this again."
)


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


class KeyRotator(Protocol):
    """Change the key that data keys are wrapped under: the side of it that no API and no worker has."""

    async def current(self) -> str:
        """Return the id of the key that wraps from now on."""
        ...

    async def rotate(self) -> str:
        """Make a new key, which wraps from now on, and return its id; the others still unwrap.

        Raises:
            KeyNotRotatable: somebody else has to make it; the text says who and how.
        """
        ...

    async def rewrap(self, items: Sequence[tuple[WrappedKey, bytes]]) -> list[WrappedKey]:
        """Wrap data keys, each given with its context, under the current key; what they sealed is not needed.

        Raises:
            WrongKey: one of them was wrapped under a key that is not here.
            TamperedSecret: one of them was changed, or wrapped for another context.
        """
        ...

    async def retire(self, before: str) -> None:
        """Give up every key that is older than this one: what they wrapped no longer opens.

        Raises:
            WrongKey: there is no such key; none is given up.
        """
        ...


class LocalKeys(KeyProvider, KeyRotator):
    """Wrap data keys with AES-256-GCM under a ring of keys held in memory, the newest first.

    The first key wraps; all of them unwrap, so a new key put in front of the old ones takes over at once. Where the
    keys are in a file, a key that another process put there is noticed before anything is wrapped under an old one,
    and when something turns up that it wrapped.
    """

    def __init__(self, keys: Sequence[bytes], file: KeyRing | None = None) -> None:
        self._file = file
        self._hold(keys)

    @classmethod
    def from_file(cls, path: Path) -> LocalKeys:
        """Read the keys from a file, one a line; make the file (mode 0600) at the first start.

        Raises:
            KeyFileExposed: others can read the file.
            KeyFileInvalid: the file is damaged, or cannot be read or made.
        """
        file = KeyRing(path)
        return cls(file.open(), file)

    @classmethod
    def from_existing(cls, path: Path) -> LocalKeys:
        """Read the keys from a file that is there.

        Raises:
            KeyFileExposed: others can read the file.
            KeyFileInvalid: the file is not there, is damaged, or cannot be read.
        """
        file = KeyRing(path)
        return cls(file.read(), file)

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
        return tuple(self._ring)

    async def wrap(self, data_key: bytes, context: bytes) -> WrappedKey:
        """Wrap the data key under the primary key.

        Raises:
            KeyRefused: the key file has changed, and cannot be used any more.
        """
        self._notice()
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return WrappedKey(self._primary, nonce + self._cipher(self._primary).encrypt(nonce, data_key, context))

    async def unwrap(self, wrapped: WrappedKey, context: bytes) -> bytes:
        """Return the data key, by whichever key of the ring wrapped it."""
        if wrapped.key_id not in self._ring and self._file is not None:
            self._hold(self._file.read())
        if wrapped.key_id not in self._ring:
            raise WrongKey(
                "A secret was sealed with a key that is not in the ring. Start with the key that this database "
                "was made with."
            )
        try:
            nonce, blob = wrapped.blob[:_NONCE_BYTES], wrapped.blob[_NONCE_BYTES:]
            return self._cipher(wrapped.key_id).decrypt(nonce, blob, context)
        except (InvalidTag, ValueError):
            raise TamperedSecret("The key of a stored secret does not open: it was changed or moved.") from None

    async def current(self) -> str:
        """Return the id of the primary key."""
        self._notice()
        return self._primary

    async def rotate(self) -> str:
        """Put a new key in front of the file; of a text that has a second key, the first one is the new one.

        Raises:
            KeyNotRotatable: the key is given as text, and there is but one.
            KeyFileInvalid: the file cannot be replaced; it is as it was.
        """
        if self._file is not None:
            self._hold(self._file.add())
        elif len(self._ring) == 1:
            raise KeyNotRotatable(_PUT_IN_FRONT)
        return self._primary

    async def rewrap(self, items: Sequence[tuple[WrappedKey, bytes]]) -> list[WrappedKey]:
        """Wrap the data keys under the primary key; each is in memory meanwhile, the value that it seals is not."""
        return [await self.wrap(await self.unwrap(wrapped, context), context) for wrapped, context in items]

    async def retire(self, before: str) -> None:
        """Remove every older key from the file; those of a text are gone for this process alone."""
        self._notice()
        if before not in self._ring:
            raise WrongKey("There is no such key in the ring, so none was removed.")
        kept = list(self._ring.values())[: self.key_ids.index(before) + 1]
        self._hold(kept if self._file is None else self._file.keep(kept))

    def _notice(self) -> None:
        if self._file is not None and self._file.changed():
            self._hold(self._file.read())

    def _hold(self, keys: Sequence[bytes]) -> None:
        if not keys:
            raise KeyTextInvalid("There is no key, and nothing is stored without one.")
        if any(len(key) != KEY_BYTES for key in keys):
            raise KeyTextInvalid(f"A key must have {KEY_BYTES} bytes.")
        self._ring = {_key_id(key): key for key in keys}
        self._primary = _key_id(keys[0])

    def _cipher(self, key_id: str) -> AESGCM:
        return AESGCM(self._ring[key_id])


def _key_id(key: bytes) -> str:
    # Derived, not chosen: two keys never share an id, and a wrong key is recognised before it is tried.
    return hashlib.sha256(b"durable-steps key id\0" + key).hexdigest()[:16]
