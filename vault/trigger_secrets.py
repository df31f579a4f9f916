from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update

from vault.database import Database
from vault.envelope import Envelope, context_of
from vault.secret import Secret
from vault.tables import trigger_secrets
from vault.times import Clock
from vault.tokens import new_id
from vault.trigger_errors import TriggerSecretInvalid

SHORTEST, LONGEST = 12, 1_024
LONGEST_KEPT = timedelta(days=30)


@dataclass(frozen=True)
class TriggerSecret:
    """What the sender of a trigger signs with, without itself; `until` says how long one that was replaced counts."""

    id: str
    workflow: str
    created_at: datetime
    until: datetime | None


class TriggerSecrets:
    """Keep, sealed, what the senders of triggers sign with. It can be used, and not read back."""

    def __init__(self, database: Database, envelope: Envelope, now: Clock) -> None:
        self._database, self._envelope, self._now = database, envelope, now

    async def set(self, workflow: str, secret: Secret, *, keep: timedelta = timedelta(0)) -> TriggerSecret:
        """Store the secret of a workflow's trigger; those before count for as long as they are kept beside it.

        One that was kept before and ends sooner ends as it would have: `keep` makes no secret good for longer.

        Raises:
            TriggerSecretInvalid: it is too short or too long to be one, or the one before cannot be kept that long.
        """
        text, now = secret.reveal(), self._now()
        if not (SHORTEST <= len(text) <= LONGEST and text.isprintable() and text.isascii() and text == text.strip()):
            raise TriggerSecretInvalid(
                f"A trigger's secret has {SHORTEST} to {LONGEST} printable ASCII characters and no space at its ends."
            )
        if not timedelta(0) <= keep <= LONGEST_KEPT:
            raise TriggerSecretInvalid(f"The secret before is kept for {LONGEST_KEPT.days} days at most.")
        made = TriggerSecret(new_id(), workflow, now, None)
        sealed = await self._envelope.seal(text, context_of_trigger_secret(made.id, workflow))
        until, mine = now + keep, trigger_secrets.c.workflow == workflow
        longer = or_(trigger_secrets.c.until.is_(None), trigger_secrets.c.until > until)
        # Of two at the same time, neither would see the other's, and both would count.
        async with self._database.write(alone=f"the trigger secrets of {workflow}") as connection:
            await connection.execute(update(trigger_secrets).where(mine, longer).values(until=until))
            await connection.execute(delete(trigger_secrets).where(trigger_secrets.c.until <= now))
            row = {"id": made.id, "workflow": workflow, "sealed": sealed, "created_at": now}
            await connection.execute(insert(trigger_secrets).values(row))
        return made

    async def counting(self, workflow: str) -> Sequence[Secret]:
        """Return the secrets that a delivery to the workflow may be signed with, the present one first.

        Raises:
            VaultUnavailable: the database or the key provider does not answer.
        """
        rows = await self._rows(trigger_secrets.c.workflow == workflow)
        return [
            Secret(await self._envelope.open(row.sealed, context_of_trigger_secret(row.id, row.workflow)))
            for row in rows
        ]

    async def list(self) -> list[TriggerSecret]:
        """Return what counts, by workflow, the present one of each first."""
        return [TriggerSecret(row.id, row.workflow, row.created_at, row.until) for row in await self._rows()]

    async def _rows(self, *conditions: Any) -> Sequence[Row[Any]]:
        counts = or_(trigger_secrets.c.until.is_(None), trigger_secrets.c.until > self._now())
        newest = (trigger_secrets.c.workflow, trigger_secrets.c.created_at.desc(), trigger_secrets.c.id)
        [rows] = await self._database.rows(select(trigger_secrets).where(counts, *conditions).order_by(*newest))
        return rows


def context_of_trigger_secret(id: str, workflow: str) -> bytes:
    """Name what a trigger's secret is bound to."""
    return context_of("trigger_secrets", id, "sealed", workflow)
