from __future__ import annotations

import logging
from collections.abc import Callable

from steps.errors import ConnectionNeedsReauthorization, ConnectionNotFound, EgressDenied
from steps.reconnection import how_to
from vault import Connection, ConnectionStatus, ConnectionUnknown, Opened, Provider, Vault
from vault.registrations import Registrations

logger = logging.getLogger("worker")

_MOST_NAMED = 10


class ActiveConnections:
    """Look connections up, and say what to do where one cannot be used."""

    def __init__(self, vault: Vault, registrations: Registrations) -> None:
        self._connections = vault.connections
        self._registrations = registrations

    async def find(self, handle: str) -> Connection:
        """Return the connection, which is active.

        Raises:
            ConnectionNotFound, ConnectionNeedsReauthorization: with what to do about it.
        """
        try:
            connection = await self._connections.get(handle)
        except ConnectionUnknown:
            connection = None
        if connection is None:
            raise await self._unknown(handle)
        check_active(connection)
        return connection

    async def find_again(self, handle: str) -> None:
        """Return when the connection is active.

        Raises:
            ConnectionNotFound, ConnectionNeedsReauthorization: it will not be.
            FailureError: it is not yet; Temporal asks again.
        """
        try:
            await self.find(handle)
        except ConnectionNeedsReauthorization as error:
            if error.revoked:
                raise
            failure = error.to_failure(retryable=True)
        else:
            return
        raise failure

    async def open(self, handle: str, allow: Callable[[Connection], None]) -> Opened:
        """Return the connection, which is active, with its tokens; nothing is opened that `allow` raises against.

        Raises:
            ConnectionNotFound, ConnectionNeedsReauthorization: with what to do about it.
        """

        def check(connection: Connection) -> None:
            check_active(connection)
            allow(connection)

        try:
            return await self._connections.open(handle, check)
        except ConnectionUnknown:
            pass
        raise await self._unknown(handle)

    async def lose(self, used: Opened, why: str) -> bool:
        """Note that the provider takes a pair of tokens no longer, unless another one has replaced it: return False.

        The worker's log says it once, with what to do.
        """
        handle, version = used.connection.handle, used.version
        lost, active = ConnectionStatus.NEEDS_REAUTHORIZATION, ConnectionStatus.ACTIVE
        if await self._connections.mark(handle, lost, version=version, before=active):
            extra = {"connection": handle}
            logger.warning("Connection %s must be connected again: %s. %s.", handle, why, how_to(handle), extra=extra)
            return True
        current = await self._connections.open(handle)
        return (current.connection.id, current.version) == (used.connection.id, version)

    def provider(self, connection: Connection) -> Provider:
        """Return the provider whose account the connection reaches."""
        provider = self._registrations.provider(connection.provider)
        if provider is None:
            raise EgressDenied(
                f"The connection {connection.handle!r} is of the provider {connection.provider!r}, for which this "
                "worker knows no host."
            )
        return provider

    async def _unknown(self, handle: str) -> ConnectionNotFound:
        known = [connection.handle for connection in await self._connections.list()]
        others = f", or use one of: {', '.join(known[:_MOST_NAMED])}" if known else ""
        more = f" and {len(known) - _MOST_NAMED} more" if len(known) > _MOST_NAMED else ""
        return ConnectionNotFound(
            f"No connection has the handle {handle[:64]!r}. Connect it under OAuth Connections → Add Connection"
            f"{others}{more}."
        )


def check_active(connection: Connection) -> None:
    """Refuse a connection whose tokens are good for nothing.

    Raises:
        ConnectionNotFound, ConnectionNeedsReauthorization: with what to do about it.
    """
    if connection.deleting_at is not None:
        raise ConnectionNotFound(f"The connection {connection.handle!r} is being deleted: nothing uses it any more.")
    if connection.status is not ConnectionStatus.ACTIVE:
        raise needs_reauthorization(connection.handle, revoked=connection.status is ConnectionStatus.REVOKED)


def needs_reauthorization(handle: str, *, revoked: bool = False) -> ConnectionNeedsReauthorization:
    """Return the error for a connection whose tokens are good for nothing any more."""
    after = "Then retry the run." if revoked else "Runs that wait for it then go on by themselves."
    return ConnectionNeedsReauthorization(
        f"The connection {handle!r} has lost its authorization. Connect it again: {how_to(handle)}. {after}",
        handle=handle,
        revoked=revoked,
    )
