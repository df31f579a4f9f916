"""What stands in the way of a new master key, under `KeyRefused`: KeyNotRotatable and RotationFailed."""

from __future__ import annotations

from vault.errors import KeyRefused


class KeyNotRotatable(KeyRefused):
    """The product cannot make a new key where this one is kept; the text says what to do."""

    type = "key-not-rotatable"


class RotationFailed(KeyRefused):
    """A rotation of the master key has ended before its end; nothing is lost, and the old keys are kept."""

    type = "rotation-failed"
