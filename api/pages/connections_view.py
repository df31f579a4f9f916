"""What the page shows of a connection."""

from __future__ import annotations

from dataclasses import dataclass

from api.connection_uses import uses_of
from api.services import Services
from api.views import owner_of
from vault.connection import Connection, ConnectionStatus

_LONGEST_ICON = 12
# What joins the parts of one emoji, or says how it is drawn; other invisible characters have no place in it.
_JOINING = frozenset("\u200d\ufe0f")


@dataclass(frozen=True)
class Card:
    """A connection as its card shows it."""

    connection: Connection
    title: str
    """The provider's name, for people."""
    owner: str | None
    workflows: tuple[str, ...]
    """The workflows whose code names the handle."""
    tile: str
    """The workspace's emoji, or its first letter."""

    @property
    def needs_attention(self) -> bool:
        """Whether somebody has to do something for runs to go on."""
        return self.connection.deleting_at is None and self.connection.status is not ConnectionStatus.ACTIVE


def card_of(services: Services, connection: Connection) -> Card:
    """Return the card of a connection."""
    return Card(
        connection,
        services.registrations.title(connection.provider),
        owner_of(connection),
        uses_of(services, connection.handle),
        tile_of(connection),
    )


def cards_of(services: Services, connections: list[Connection]) -> list[Card]:
    """Return the cards: those that need somebody first, then by handle."""
    cards = [card_of(services, connection) for connection in connections]
    return sorted(cards, key=lambda card: (not card.needs_attention, card.connection.handle))


def tile_of(connection: Connection) -> str:
    """Return the emoji of the workspace, or else the first letter of its name or of the handle.

    An icon that is an address is not shown: the browser may load nothing from other hosts.
    """
    icon = connection.account.workspace_icon or ""
    if _is_emoji(icon):
        return icon
    name = (connection.account.workspace_name or "") + connection.handle
    return next((each.upper()[:1] for each in name if each.isalnum()), "•")


def _is_emoji(text: str) -> bool:
    if not 0 < len(text) <= _LONGEST_ICON or text.isascii():
        return False
    return all(each.isprintable() or each in _JOINING for each in text)
