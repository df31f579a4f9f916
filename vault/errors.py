"""Everything that the vault raises, but for the tokens of events: `vault/webhook_errors.py`.

VaultError
├── VaultUnavailable            the database or the key provider is out; the only one worth a retry
├── VaultNotMigrated
├── DatabaseUrlInvalid
├── KeyRefused
│   ├── KeyTextInvalid
│   ├── KeyFileInvalid
│   ├── KeyFileExposed
│   └── WrongKey
├── TamperedSecret
├── HandleInvalid
├── HandleTaken
├── ConnectionUnknown
├── AccountAlreadyConnected
├── VariableUnknown
├── VariableRefused
│   ├── VariableWorkflowInvalid
│   ├── VariableNameInvalid
│   ├── VariableValueInvalid
│   ├── VariableTooLong
│   ├── VariablesTooLarge
│   ├── VariableHostsMissing
│   └── VariableHostInvalid
├── ApiKeyInvalid
├── ApiKeyUnknown
├── ApiKeyRefused
└── OneTimeRefused
    ├── OneTimeUnknown
    ├── OneTimeExpired
    └── OneTimeForeign
"""

from __future__ import annotations

from typing import ClassVar


class VaultError(Exception):
    """Say what the vault refused and what to do; the message never holds a secret."""

    type: ClassVar[str] = "vault-error"
    retryable: ClassVar[bool] = False


class VaultUnavailable(VaultError):
    """The database or the key provider did not answer; the same call may work later."""

    type = "vault-unavailable"
    retryable = True


class VaultNotMigrated(VaultError):
    """The database does not have the tables of this version."""

    type = "vault-not-migrated"


class DatabaseUrlInvalid(VaultError):
    """The database URL cannot be used."""

    type = "database-url-invalid"


class KeyRefused(VaultError):
    """A key cannot be used, and nothing is ever stored without one."""

    type = "key-refused"


class KeyTextInvalid(KeyRefused):
    """The text is not the base64 of a 32-byte key."""

    type = "key-text-invalid"


class KeyFileInvalid(KeyRefused):
    """The key file cannot be read, or does not hold a key."""

    type = "key-file-invalid"


class KeyFileExposed(KeyRefused):
    """Other users of the machine can read the key file."""

    type = "key-file-exposed"


class WrongKey(KeyRefused):
    """The key is not the one that this database was sealed with."""

    type = "wrong-key"


class TamperedSecret(VaultError):
    """A stored secret does not open: it was changed, or moved from another place."""

    type = "tampered-secret"


class HandleInvalid(VaultError):
    """The text cannot be a handle."""

    type = "handle-invalid"


class HandleTaken(VaultError):
    """The handle belongs to another account."""

    type = "handle-taken"

    def __init__(self, handle: str) -> None:
        super().__init__(
            f'The handle "{handle}" belongs to another account. Choose another handle, or delete that connection first.'
        )
        self.handle = handle


class ConnectionUnknown(VaultError):
    """No connection has this handle."""

    type = "connection-unknown"

    def __init__(self, handle: str) -> None:
        super().__init__(f"No connection has the handle {handle[:63]!r}. Connect an account under it first.")
        self.handle = handle


class AccountAlreadyConnected(VaultError):
    """The account is connected under another handle, which has received the new tokens."""

    type = "account-already-connected"

    def __init__(self, handle: str) -> None:
        super().__init__(
            f'This account is already connected as "{handle}", and that connection has been renewed. '
            f'Use "{handle}", or delete it before you connect the account under another handle.'
        )
        self.handle = handle


class VariableUnknown(VaultError):
    """The workflow has no variable of this name."""

    type = "variable-unknown"


class VariableRefused(VaultError):
    """A variable cannot be stored as given."""

    type = "variable-refused"


class VariableWorkflowInvalid(VariableRefused):
    """The text cannot be the name of a workflow."""

    type = "variable-workflow-invalid"


class VariableNameInvalid(VariableRefused):
    """The text cannot be the name of a variable."""

    type = "variable-name-invalid"


class VariableValueInvalid(VariableRefused):
    """The value holds a character that no database keeps."""

    type = "variable-value-invalid"


class VariableTooLong(VariableRefused):
    """The value is longer than 16 KiB."""

    type = "variable-too-long"


class VariablesTooLarge(VariableRefused):
    """The variables of one workflow are more than 48 KiB together."""

    type = "variables-too-large"


class VariableHostsMissing(VariableRefused):
    """A secret variable names no host that it may be sent to."""

    type = "variable-hosts-missing"


class VariableHostInvalid(VariableRefused):
    """The text is not an exact host name."""

    type = "variable-host-invalid"


class ApiKeyInvalid(VaultError):
    """The text is not an API key in force; unknown, malformed and revoked look alike."""

    type = "api-key-invalid"


class ApiKeyUnknown(VaultError):
    """No API key has this id."""

    type = "api-key-unknown"


class ApiKeyRefused(VaultError):
    """An API key cannot be made with this name, these scopes, this end or this id."""

    type = "api-key-refused"

    def __init__(self, message: str, *, field: str = "name") -> None:
        super().__init__(message)
        self.field = field


class OneTimeRefused(VaultError):
    """A single-use token cannot be redeemed."""

    type = "one-time-refused"


class OneTimeUnknown(OneTimeRefused):
    """The token was never issued, or has been used."""

    type = "one-time-unknown"


class OneTimeExpired(OneTimeRefused):
    """The token was issued too long ago."""

    type = "one-time-expired"


class OneTimeForeign(OneTimeRefused):
    """The token was issued to another browser, and stays good for that one."""

    type = "one-time-foreign"
