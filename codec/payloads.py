from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from cryptography.exceptions import InvalidTag
from google.protobuf.message import DecodeError
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
)

from codec.errors import PayloadError, PayloadKeyUnknown, PayloadTampered
from codec.keys import PayloadKey

ENCODING = b"binary/steps-encrypted"  # not the name in others' samples: a shared namespace has their payloads, too
HESITATION = 15.0
"""In seconds; longer than a call may go without a heartbeat."""
_KEY_ID = "encryption-key-id"


class Encryption(PayloadCodec, WithSerializationContext):
    """Encrypt payloads under the first key, and decrypt what any of the keys has encrypted.

    Plain payloads pass as they are: those of runs that began before, and those of programs that have no key. Without
    any key nothing is encrypted, and what is encrypted is refused by name.
    """

    def __init__(self, keys: Mapping[str, PayloadKey], *, hesitant: bool = False) -> None:
        self._keys, self._hesitant = dict(keys), hesitant
        self._first = next(iter(self._keys), None)

    def with_context(self, context: SerializationContext) -> Encryption:
        """Hesitate over the calls that this worker cannot read.

        The SDK would fail them for good where they have a heartbeat's details (temporalio 1.35), and at once where
        not. So the server counts the worker as dead, and has another one try.
        """
        return Encryption(self._keys, hesitant=isinstance(context, ActivitySerializationContext))

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads, each encrypted."""
        return [self.encrypt(payload) for payload in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Return the payloads as they were.

        Raises:
            PayloadKeyUnknown: one was encrypted with a key that is not here.
            PayloadTampered: one does not open.
        """
        try:
            return [self.decrypt(payload) for payload in payloads]
        except PayloadError:
            if self._hesitant:
                await asyncio.sleep(HESITATION)
            raise

    def encrypt(self, payload: Payload) -> Payload:
        """Return one payload, encrypted with all its metadata."""
        if self._first is None:
            return payload
        key_id = self._first.encode()
        sealed = self._keys[self._first].encrypt(payload.SerializeToString(), _context(key_id))
        return Payload(metadata={"encoding": ENCODING, _KEY_ID: key_id}, data=sealed)

    def decrypt(self, payload: Payload) -> Payload:
        """Return one payload as it was; raises as `decode`."""
        if not is_encrypted(payload):
            return payload
        key_id = payload.metadata.get(_KEY_ID, b"")
        key = self._keys.get(key_id.decode("ascii", "replace"))
        if key is None:
            raise PayloadKeyUnknown(
                f"A payload was encrypted with the key {key_id.decode('ascii', 'replace')[:40]!r}, which "
                "STEPS_PAYLOAD_KEYS of this process does not hold. Add it behind the others."
            )
        try:
            return Payload.FromString(key.decrypt(payload.data, _context(key_id)))
        except (InvalidTag, DecodeError):
            raise PayloadTampered(
                f"A payload does not open with the key {key_id.decode()!r}: it was changed, or the key is another one "
                "of the same id."
            ) from None


def is_encrypted(payload: Payload) -> bool:
    """Tell whether a payload says that we have encrypted it."""
    return payload.metadata.get("encoding") == ENCODING


def _context(key_id: bytes) -> bytes:
    # Nothing of the run: a recorded history is replayed elsewhere, and a schedule's input begins runs of other ids.
    return b"durable-steps payload 1\0" + key_id
