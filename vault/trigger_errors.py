"""What the secrets of triggers cannot be, under `VaultError`: TriggerSecretInvalid."""

from __future__ import annotations

from vault.errors import VaultError


class TriggerSecretInvalid(VaultError):
    """The text cannot be the secret of a trigger."""

    type = "trigger-secret-invalid"
