"""What stands in the way of a new master key, under `KeyRefused`: KeyNotRotatable."""

from __future__ import annotations

from vault.errors import KeyRefused


class KeyNotRotatable(KeyRefused):
    """The product cannot make a new key where this one is kept; the text says what to do."""

    type = "key-not-rotatable"
