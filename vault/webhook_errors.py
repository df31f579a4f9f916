"""What the tokens of events cannot do, under `VaultError`: WebhookTokenUnknown and WebhookTokenUnclear."""

from __future__ import annotations

from vault.errors import VaultError


class WebhookTokenUnknown(VaultError):
    """The provider has sent no such token for its events."""

    type = "webhook-token-unknown"


class WebhookTokenUnclear(VaultError):
    """There are several such tokens, and which one is meant is for the operator to say."""

    type = "webhook-token-unclear"
