from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from vault.connection import ConnectionStatus
from vault.database import Database
from vault.tables import connections


async def read_reaching(
    database: Database, provider: str, accounts: Collection[str] | None, workspace: str | None
) -> tuple[str, ...]:
    """Return the handles of connections to these accounts; where it is None, of those to the workspace.

    A revoked one is not among them: its account has withdrawn its consent.

    Raises:
        VaultUnavailable: the database does not answer.
    """
    if accounts is not None:
        reaches = connections.c.account_id.in_(_spellings(accounts))
    else:
        reaches = connections.c.account["workspace_id"].as_string().in_(_spellings([workspace] if workspace else []))
    wanted = select(connections.c.handle).where(
        connections.c.provider == provider, connections.c.status != ConnectionStatus.REVOKED.value, reaches
    )
    [rows] = await database.rows(wanted.order_by(connections.c.handle))
    return tuple(row.handle for row in rows)


def _spellings(ids: Collection[str]) -> list[str]:
    """Return each id as it is, and, where it is a UUID, with its dashes and without."""
    found: dict[str, None] = {}
    for one in ids:
        plain = one.replace("-", "").lower()
        dashed = "-".join((plain[:8], plain[8:12], plain[12:16], plain[16:20], plain[20:]))
        found |= dict.fromkeys((one, plain, dashed) if len(plain) == 32 else (one,))
    return list(found)
