"""What the life of a connection refuses: ConnectionBeingDeleted, AccountDiffers, RefreshUnderWay."""

from __future__ import annotations

from vault.connection import Account, Connection
from vault.errors import VaultError


class ConnectionBeingDeleted(VaultError):
    """Somebody deleted the connection, and the provider has not been told yet."""

    type = "connection-being-deleted"

    def __init__(self, handle: str) -> None:
        super().__init__(
            f'The connection "{handle}" is being deleted. It can be connected anew when it is gone: in a few minutes '
            "at most, as soon as a worker runs."
        )
        self.handle = handle


class AccountDiffers(VaultError):
    """A connection was to be renewed, and the authorization is that of another account.

    `other` is the handle of that account's own connection, which has the new pair, because the provider may have
    retired the one before.
    """

    type = "account-differs"

    def __init__(self, connection: Connection, given: Account, *, other: str | None) -> None:
        handle, mine, theirs = connection.handle, connection.account.workspace, given.workspace
        theirs = f"another account of {theirs}" if mine == theirs else theirs
        known = f' That account is connected as "{other}", which has been renewed instead.' if other else ""
        super().__init__(
            f'"{handle}" is connected to {mine}, and the new authorization is of {theirs}. "{handle}" is as it was.'
            f"{known} Reconnect with the same account, or add a connection for the other one."
        )
        self.handle, self.other = handle, other


class RefreshUnderWay(VaultError):
    """A worker refreshes the tokens at this moment, so that nobody knows yet which are in force."""

    type = "refresh-under-way"
    retryable = True
