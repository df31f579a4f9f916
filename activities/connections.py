from __future__ import annotations

from collections.abc import Callable

from settings import NOTION_ORIGIN
from steps.errors import ConnectionNeedsReauthorization, ConnectionNotFound, EgressDenied
from vault import Connection, ConnectionStatus, ConnectionUnknown, Opened, Provider, Vault, notion

_MOST_NAMED = 10


class ActiveConnections:
    """Look connections up, and say what to do where one cannot be used."""

    def __init__(self, vault: Vault, notion_origin: str = NOTION_ORIGIN) -> None:
        self._connections = vault.connections
        self._providers = {"notion": notion(notion_origin)}

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
        _check_active(connection)
        return connection

    async def open(self, handle: str, allow: Callable[[Connection], None]) -> Opened:
        """Return the connection, which is active, with its tokens; nothing is opened that `allow` raises against.

        Raises:
            ConnectionNotFound, ConnectionNeedsReauthorization: with what to do about it.
        """

        def check(connection: Connection) -> None:
            _check_active(connection)
            allow(connection)

        try:
            return await self._connections.open(handle, check)
        except ConnectionUnknown:
            pass
        raise await self._unknown(handle)

    def provider(self, connection: Connection) -> Provider:
        """Return the provider whose account the connection reaches."""
        provider = self._providers.get(connection.provider)
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


def _check_active(connection: Connection) -> None:
    if connection.status is not ConnectionStatus.ACTIVE:
        raise needs_reauthorization(connection.handle)


def needs_reauthorization(handle: str) -> ConnectionNeedsReauthorization:
    """Return the error for a connection whose tokens are good for nothing any more."""
    return ConnectionNeedsReauthorization(
        f"The connection {handle!r} has lost its authorization. Connect it again under OAuth Connections, with the "
        "same handle; then retry the run."
    )
