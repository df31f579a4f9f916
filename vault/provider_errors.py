"""What keeps a provider from being used: ProvidersFileInvalid."""

from __future__ import annotations

from vault.errors import VaultError


class ProvidersFileInvalid(VaultError):
    """The file of providers cannot be used; the message names each field that is wrong."""

    type = "providers-file-invalid"
