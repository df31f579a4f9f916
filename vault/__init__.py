"""Connections, variables and keys, sealed at rest."""

from __future__ import annotations

from vault.api_keys import ApiKey, ApiKeys
from vault.connections import Account, Connection, Connections, ConnectionStatus, Opened, Tokens
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
from vault.keys import KeyProvider, KeyRotator, LocalKeys, WrappedKey
from vault.migration import migrate
from vault.one_time import OneTime
from vault.pace import Ask, Limit, Turn
from vault.paces import Paces
from vault.providers import Provider, notion
from vault.secret import Secret
from vault.sessions import Session, Sessions
from vault.signing import Signer
from vault.times import utc_now
from vault.variables import Variable, Variables
from vault.vault import Vault
from vault.webhook_errors import WebhookTokenUnclear, WebhookTokenUnknown
from vault.webhook_tokens import WebhookToken, WebhookTokens

__all__ = [
    "Account",
    "AccountAlreadyConnected",
    "ApiKey",
    "ApiKeyInvalid",
    "ApiKeyRefused",
    "ApiKeyUnknown",
    "ApiKeys",
    "Ask",
    "Connection",
    "ConnectionStatus",
    "ConnectionUnknown",
    "Connections",
    "DatabaseUrlInvalid",
    "Envelope",
    "HandleInvalid",
    "HandleTaken",
    "KeyFileExposed",
    "KeyFileInvalid",
    "KeyProvider",
    "KeyRefused",
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
    "Provider",
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
