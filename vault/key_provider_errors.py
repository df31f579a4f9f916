"""What keeps OpenBao from wrapping and unwrapping, under `VaultUnavailable`: an operator mends it, and runs wait.

KeyProviderFailed
├── KeyProviderSealed
├── KeyProviderUnreachable
├── KeyProviderDenied
├── KeyMissing
└── KeyRetired
"""

from __future__ import annotations

from vault.errors import VaultUnavailable


class KeyProviderFailed(VaultUnavailable):
    """OpenBao answered, and not with what was asked for."""

    type = "key-provider-failed"


class KeyProviderSealed(KeyProviderFailed):
    """OpenBao is sealed, or was never initialized."""

    type = "key-provider-sealed"


class KeyProviderUnreachable(KeyProviderFailed):
    """OpenBao does not answer."""

    type = "key-provider-unreachable"


class KeyProviderDenied(KeyProviderFailed):
    """OpenBao does not let this role in, or does not let it do this."""

    type = "key-provider-denied"


class KeyMissing(KeyProviderFailed):
    """OpenBao has no such key."""

    type = "key-missing"


class KeyRetired(KeyProviderFailed):
    """OpenBao no longer opens what this version of the key sealed."""

    type = "key-retired"
