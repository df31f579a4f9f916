"""What can go wrong with an encrypted payload.

PayloadError            payload-error
├── PayloadKeyUnknown   payload-key-unknown   a key that this process was not given
└── PayloadTampered     payload-tampered      a payload that was changed, or is no payload of ours
"""

from __future__ import annotations

from typing import ClassVar

from temporalio.exceptions import ApplicationError


class PayloadError(ApplicationError):
    """Base of both. Never final: a workflow task is tried again until it can be read, and its run waits."""

    kind: ClassVar[str] = "payload-error"

    def __init__(self, message: str) -> None:
        super().__init__(message, type=self.kind, non_retryable=False)


class PayloadKeyUnknown(PayloadError):
    """Name the key's id."""

    kind = "payload-key-unknown"


class PayloadTampered(PayloadError):
    """Say nothing of what was in it."""

    kind = "payload-tampered"
