from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from vault.connection import ConnectionStatus
from vault.database import Database
from vault.tables import connections, variables


@dataclass(frozen=True)
class Holdings:
    """What a run of one workflow may use: variables, None in the place of a secret value, and active connections."""

    variables: dict[str, str | None]
    handles: tuple[str, ...]


async def read_holdings(database: Database, workflow: str, most: int) -> Holdings:
    """Read both at one moment, and nothing that is sealed.

    Raises:
        VaultUnavailable: the database does not answer.
    """
    named = select(variables.c.name, variables.c.secret, variables.c.value).where(variables.c.workflow == workflow)
    active = select(connections.c.handle).where(connections.c.status == ConnectionStatus.ACTIVE.value)
    found, handles = await database.rows(named, active.order_by(connections.c.handle).limit(most + 1))
    # A variable that is not secret always has a value.
    values: dict[str, str | None] = {row.name: None if row.secret else row.value or "" for row in found}
    return Holdings(dict(sorted(values.items())), tuple(row.handle for row in handles) if len(handles) <= most else ())
