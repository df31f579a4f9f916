"""Connections, variables and keys, sealed at rest."""

from __future__ import annotations

from vault.api_keys import ApiKey, ApiKeys
from vault.connection_errors import AccountDiffers, ConnectionBeingDeleted, RefreshUnderWay
from vault.connection_events import ConnectionEvent
from vault.connections import Account, Connection, Connections, ConnectionStatus, Opened, Tokens
from vault.deletions import Deletion, Revocation
from vault.envelope import Envelope, context_of
from vault.errors import (
    AccountAlreadyConnected,
    ApiKeyInvalid,
    ApiKeyRefused,
    ApiKeyUnknown,
    ConnectionUnknown,
    DatabaseUrlInvalid,
    HandleInvalid,
    HandleTaken,
    KeyFileExposed,
    KeyFileInvalid,
    KeyRefused,
    KeyTextInvalid,
    OneTimeExpired,
    OneTimeForeign,
    OneTimeRefused,
    OneTimeUnknown,
    TamperedSecret,
    VariableHostInvalid,
    VariableHostsMissing,
    VariableNameInvalid,
    VariableRefused,
    VariablesTooLarge,
    VariableTooLong,
    VariableUnknown,
    VariableValueInvalid,
    VariableWorkflowInvalid,
    VaultError,
    VaultNotMigrated,
    VaultUnavailable,
    WrongKey,
)
from vault.handles import check_handle
from vault.key_provider_errors import (
    KeyMissing,
    KeyProviderDenied,
    KeyProviderFailed,
    KeyProviderSealed,
    KeyProviderUnreachable,
    KeyRetired,
)
from vault.keys import KeyProvider, KeyRotator, LocalKeys, WrappedKey
from vault.migration import migrate
from vault.one_time import OneTime
from vault.pace import Ask, Limit, Turn
from vault.paces import Paces
from vault.providers import Provider, notion
from vault.secret import Secret
from vault.sessions import Person, Session, Sessions
from vault.signing import Signer
from vault.times import utc_now
from vault.variables import Variable, Variables
from vault.vault import Vault
from vault.webhook_errors import WebhookTokenUnclear, WebhookTokenUnknown
from vault.webhook_tokens import WebhookToken, WebhookTokens

__all__ = [
    "Account",
    "AccountAlreadyConnected",
    "AccountDiffers",
    "ApiKey",
    "ApiKeyInvalid",
    "ApiKeyRefused",
    "ApiKeyUnknown",
    "ApiKeys",
    "Ask",
    "Connection",
    "ConnectionBeingDeleted",
    "ConnectionEvent",
    "ConnectionStatus",
    "ConnectionUnknown",
    "Connections",
    "DatabaseUrlInvalid",
    "Deletion",
    "Envelope",
    "HandleInvalid",
    "HandleTaken",
    "KeyFileExposed",
    "KeyFileInvalid",
    "KeyMissing",
    "KeyProvider",
    "KeyProviderDenied",
    "KeyProviderFailed",
    "KeyProviderSealed",
    "KeyProviderUnreachable",
    "KeyRefused",
    "KeyRetired",
    "KeyRotator",
    "KeyTextInvalid",
    "Limit",
    "LocalKeys",
    "OneTime",
    "OneTimeExpired",
    "OneTimeForeign",
    "OneTimeRefused",
    "OneTimeUnknown",
    "Opened",
    "Paces",
    "Person",
    "Provider",
    "RefreshUnderWay",
    "Revocation",
    "Secret",
    "Session",
    "Sessions",
    "Signer",
    "TamperedSecret",
    "Tokens",
    "Turn",
    "Variable",
    "VariableHostInvalid",
    "VariableHostsMissing",
    "VariableNameInvalid",
    "VariableRefused",
    "VariableTooLong",
    "VariableUnknown",
    "VariableValueInvalid",
    "VariableWorkflowInvalid",
    "Variables",
    "VariablesTooLarge",
    "Vault",
    "VaultError",
    "VaultNotMigrated",
    "VaultUnavailable",
    "WebhookToken",
    "WebhookTokenUnclear",
    "WebhookTokenUnknown",
    "WebhookTokens",
    "WrappedKey",
    "WrongKey",
    "check_handle",
    "context_of",
    "migrate",
    "notion",
    "utc_now",
]
