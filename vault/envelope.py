from __future__ import annotations

import secrets
import struct
from collections.abc import Awaitable
from typing import TypeVar

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vault.errors import TamperedSecret, VaultError, VaultUnavailable
from vault.keys import KeyProvider, WrappedKey

T = TypeVar("T")

_FORMAT = 1
_HEADER = struct.Struct(">BBH")  # format, length of the key id, length of the wrapped data key
KEY_ID_AT = _HEADER.size
"""Where a sealed value has the id of its key."""

_NONCE_BYTES = 12
_DATA_KEY_BITS = 256


def context_of(table: str, row: str, field: str, *facts: str) -> bytes:
    """Name the place of a secret, and whatever else must not change under it (its provider, its hosts)."""
    # Each part with its length before it, so that no two places share a name.
    parts = [part.encode() for part in ("durable-steps", table, row, field, *facts)]
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


class Envelope:
    """Seal values with AES-256-GCM, each under a data key of its own that the key provider wraps.

    A sealed value opens only with the context that it was sealed for.
    """

    def __init__(self, keys: KeyProvider) -> None:
        self._keys = keys

    async def seal(self, plaintext: str, context: bytes) -> bytes:
        """Return the sealed text.

        Raises:
            VaultUnavailable: the key provider failed; nothing was sealed.
        """
        data_key = AESGCM.generate_key(_DATA_KEY_BITS)
        return _pack(await _provided(self._keys.wrap(data_key, context)), _encrypt(data_key, plaintext, context))

    async def reseal(self, sealed: bytes, plaintext: str, context: bytes) -> bytes:
        """Return another text in the place of a sealed one, under its data key: who may only open can do this.

        Raises:
            TamperedSecret, WrongKey, VaultUnavailable: as `open`.
        """
        wrapped, _ = _unpack(sealed)
        data_key = await _provided(self._keys.unwrap(wrapped, context))
        return _pack(wrapped, _encrypt(data_key, plaintext, context))

    async def open(self, sealed: bytes, context: bytes) -> str:
        """Return the text that was sealed.

        Raises:
            TamperedSecret: it was changed, or sealed for another context.
            WrongKey: the key provider does not have its key.
            VaultUnavailable: the key provider failed.
        """
        wrapped, body = _unpack(sealed)
        data_key = await _provided(self._keys.unwrap(wrapped, context))
        try:
            opened = AESGCM(data_key).decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], context)
        except (InvalidTag, ValueError):
            raise _tampered() from None
        return opened.decode("utf-8", "surrogatepass")

    async def check(self, sealed: bytes, context: bytes) -> None:
        """Raise as `open` does where the key provider has not the key of what was sealed; nothing is opened."""
        await _provided(self._keys.check(_unpack(sealed)[0], context))

    async def close(self) -> None:
        """Close the connections of the key provider."""
        await self._keys.close()


async def _provided(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except VaultError:
        raise
    except Exception as error:
        raise _provider_failed(error) from None


def _encrypt(data_key: bytes, plaintext: str, context: bytes) -> bytes:
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(data_key).encrypt(nonce, plaintext.encode("utf-8", "surrogatepass"), context)


def sealed_head(key_id: str) -> bytes:
    """Return what every value begins with that is sealed under a key whose id is as long as this one."""
    return bytes((_FORMAT, len(key_id.encode())))


def wrapped_key(sealed: bytes) -> WrappedKey:
    """Return the wrapped data key of a sealed value, and with it the id of its key; the value stays sealed.

    Raises:
        TamperedSecret: this is no sealed value.
    """
    return _unpack(sealed)[0]


def with_key(sealed: bytes, wrapped: WrappedKey) -> bytes:
    """Return the sealed value with its data key wrapped anew; not a byte of the value itself changes.

    Raises:
        TamperedSecret: this is no sealed value.
    """
    return _pack(wrapped, _unpack(sealed)[1])


def _pack(wrapped: WrappedKey, body: bytes) -> bytes:
    key_id = wrapped.key_id.encode()
    return _HEADER.pack(_FORMAT, len(key_id), len(wrapped.blob)) + key_id + wrapped.blob + body


def _unpack(sealed: bytes) -> tuple[WrappedKey, bytes]:
    try:
        form, id_length, blob_length = _HEADER.unpack_from(sealed)
        key_id = sealed[_HEADER.size : _HEADER.size + id_length].decode()
    except (struct.error, UnicodeDecodeError):
        raise _tampered() from None
    if form != _FORMAT:
        raise _tampered()
    start = _HEADER.size + id_length
    return WrappedKey(key_id, sealed[start : start + blob_length]), sealed[start + blob_length :]


def _tampered() -> TamperedSecret:
    return TamperedSecret("A stored secret does not open: it was changed or moved. Store it again.")


def _provider_failed(error: Exception) -> VaultUnavailable:
    # The name of the class alone: a provider's own message may quote what it was given.
    return VaultUnavailable(f"The key provider failed ({type(error).__name__}). Nothing was opened or stored.")
