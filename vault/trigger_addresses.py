from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from vault.database import Database
from vault.errors import VaultUnavailable
from vault.tables import trigger_addresses
from vault.times import Clock
from vault.trigger_errors import TriggerSecretInvalid
from vault.trigger_secrets import LONGEST_KEPT

_ATTEMPTS = 4


@dataclass(frozen=True)
class TriggerAddress:
    """Which address of a trigger is the present one, and how long the one before is good."""

    generation: int = 0
    earlier_until: datetime | None = None

    def counting(self, now: datetime) -> tuple[int, ...]:
        """Return the generations that count, the present one first."""
        earlier = self.earlier_until is not None and self.earlier_until > now
        return (self.generation, self.generation - 1) if earlier else (self.generation,)


class TriggerAddresses:
    """Count the addresses that a workflow's trigger has had."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database, self._now = database, now

    async def rotate(self, workflow: str, *, keep: timedelta) -> TriggerAddress:
        """Give the trigger its next address; the present one is good for as long as it is kept.

        Raises:
            TriggerSecretInvalid: it cannot be kept that long.
        """
        if not timedelta(0) <= keep <= LONGEST_KEPT:
            raise TriggerSecretInvalid(f"The address before is kept for {LONGEST_KEPT.days} days at most.")
        now = self._now()
        times = {"rotated_at": now, "earlier_until": now + keep}
        mine, columns = trigger_addresses.c.workflow == workflow, trigger_addresses.c
        following = update(trigger_addresses).where(mine).values(generation=columns.generation + 1, **times)
        for _ in range(_ATTEMPTS):
            try:
                async with self._database.write() as connection:
                    row = (await connection.execute(following.returning(columns.generation))).first()
                    if row is None:
                        await connection.execute(
                            insert(trigger_addresses).values(workflow=workflow, generation=1, **times)
                        )
            except IntegrityError:
                continue  # another call was first
            return TriggerAddress(1 if row is None else row.generation, now + keep)
        raise VaultUnavailable("The address is being changed by too many callers at once. Try again.")

    async def all(self) -> Mapping[str, TriggerAddress]:
        """Return those that were ever replaced, by workflow."""
        [rows] = await self._database.rows(select(trigger_addresses))
        return {row.workflow: TriggerAddress(row.generation, row.earlier_until) for row in rows}
