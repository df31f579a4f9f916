"""Which keys the values of the database are sealed under; no key is needed to tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from vault.database import Database
from vault.envelope import KEY_ID_AT
from vault.sealed_columns import SEALED_COLUMNS, SealedColumn


async def count_keys(database: Database, columns: Sequence[SealedColumn] = SEALED_COLUMNS) -> Mapping[str, int]:
    """Return how many values are sealed under which key id.

    Raises:
        VaultUnavailable: the database does not answer.
    """
    found: Counter[str] = Counter()
    for column in columns:
        head = func.substr(column.column, 1, 2)
        [heads] = await database.rows(select(head).where(column.filled).distinct())
        for text in [row[0] for row in heads]:
            key_id = func.substr(column.column, KEY_ID_AT + 1, text[-1])  # the second byte is its length
            [rows] = await database.rows(
                select(key_id, func.count()).where(column.filled, head == text).group_by(key_id)
            )
            for value, number in map(tuple[Any, ...], rows):
                found[value.decode(errors="replace")] += number
    return found
