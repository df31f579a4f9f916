from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, func, or_, select, tuple_, update

from vault.database import Database
from vault.envelope import KEY_ID_AT, sealed_head, with_key, wrapped_key
from vault.errors import TamperedSecret, WrongKey
from vault.key_census import count_keys
from vault.key_provider_errors import KeyRetired
from vault.keys import KeyRotator, WrappedKey
from vault.sealed_columns import SEALED_COLUMNS, SealedColumn
from vault.tables import key_checks

# A retired key is worth a retry to a run, since an operator can bring it back; a rotation has to name its values.
_UNREADABLE = (TamperedSecret, WrongKey, KeyRetired)


@dataclass(frozen=True)
class Page:
    """What became of the sealed values of some rows that follow each other in one column."""

    after: list[str] | None
    """Where the next page begins; None after the last one."""
    rewrapped: int = 0
    overtaken: int = 0
    """Saved by somebody else meanwhile, and so left as they are."""
    unreadable: tuple[str, ...] = ()
    """Those that no key here opens, by column and row."""


class Rotation:
    """Bring every value that a key seals under the rotator's current one; no value is opened for that."""

    def __init__(
        self, database: Database, rotator: KeyRotator, columns: Sequence[SealedColumn] = SEALED_COLUMNS
    ) -> None:
        self._database, self._rotator = database, rotator
        self._columns = {column.name: column for column in columns}

    @property
    def columns(self) -> list[str]:
        """The names of the columns that hold values of this key."""
        return list(self._columns)

    async def current(self) -> str:
        """Return the id of the key that new values are sealed under."""
        return await self._rotator.current()

    async def begin(self, before: str) -> str:
        """Make a new key, unless there is one that took the place of `before`, and return its id.

        Raises:
            WrongKey: the database was sealed with other keys; nothing was changed.
            KeyNotRotatable: the product cannot make a key; the text says what to do.
        """
        await self._check_key()
        current = await self._rotator.current()
        return await self._rotator.rotate() if current == before else current

    async def rewrap(self, name: str, after: Sequence[str] | None, *, most: int) -> Page:
        """Rewrap the values of a column in the rows after these primary key values, in one short transaction.

        Raises:
            VaultUnavailable: the database or the key provider does not answer; nothing was changed.
        """
        column = self._columns[name]
        rows = await self._page(column, after, most)
        current = await self._rotator.current()
        old, unreadable = _under_other_keys(column, rows, current)
        anew = await self._rewrapped([(wrapped, column.context(row)) for row, wrapped in old])
        changes: list[tuple[Row[Any], bytes, bytes]] = []
        for (row, _), wrapped in zip(old, anew, strict=True):
            sealed = _sealed(column, row)
            if wrapped is None:
                unreadable.append(_place(column, row))
            else:
                changes.append((row, sealed, with_key(sealed, wrapped)))
        done = await self._replace(column, changes)
        last = [str(value) for value in _key(column, rows[-1])] if len(rows) == most else None
        return Page(last, done, len(changes) - done, tuple(unreadable))

    async def left(self) -> int:
        """Return how many values are not sealed under the current key, all as of one moment."""
        current = await self._rotator.current()
        head = sealed_head(current)
        others = [
            select(func.count()).where(
                column.filled,
                or_(
                    func.substr(column.column, 1, len(head)) != head,
                    func.substr(column.column, KEY_ID_AT + 1, len(current.encode())) != current.encode(),
                ),
            )
            for column in self._columns.values()
        ]
        return sum(rows[0][0] for rows in await self._database.rows(*others))

    async def count(self) -> Mapping[str, int]:
        """Return how many values are sealed under which key id."""
        return await count_keys(self._database, list(self._columns.values()))

    async def retire(self, before: str) -> bool:
        """Give up the keys that are older than this one, unless a value is left under any but the current one."""
        # Whoever asks for it, and whatever was counted before.
        if await self.left():
            return False
        await self._rotator.retire(before)
        return True

    async def _check_key(self) -> None:
        checks = [column for column in self._columns.values() if column.table is key_checks]
        stored = await self._database.rows(*(select(key_checks).where(check.filled) for check in checks))
        old = [
            (wrapped_key(row.sealed), check.context(row))
            for check, rows in zip(checks, stored, strict=True)
            for row in rows
        ]
        try:
            await self._rotator.rewrap(old)
        except _UNREADABLE:
            raise WrongKey(
                "This key does not open this database, so no new one was made. Start with the key (file) that the "
                "database was made with."
            ) from None

    async def _page(self, column: SealedColumn, after: Sequence[str] | None, most: int) -> Sequence[Row[Any]]:
        key = list(column.table.primary_key.columns)
        wanted = select(column.table).where(column.filled).order_by(*key).limit(most)
        if after is not None:
            values = [part.type.python_type(value) for part, value in zip(key, after, strict=True)]
            wanted = wanted.where(tuple_(*key) > tuple_(*values))
        [rows] = await self._database.rows(wanted)
        return rows

    async def _rewrapped(self, items: Sequence[tuple[WrappedKey, bytes]]) -> list[WrappedKey | None]:
        """Rewrap all at once; where one of them is bad, each alone, so that it does not hold up the others."""
        try:
            return [*await self._rotator.rewrap(items)] if items else []
        except _UNREADABLE:
            return [await self._rewrapped_alone(item) for item in items]

    async def _rewrapped_alone(self, item: tuple[WrappedKey, bytes]) -> WrappedKey | None:
        try:
            return (await self._rotator.rewrap([item]))[0]
        except _UNREADABLE:
            return None

    async def _replace(self, column: SealedColumn, changes: Sequence[tuple[Row[Any], bytes, bytes]]) -> int:
        """Store what was rewrapped where the row still holds what was read; return how many did."""
        if not changes:
            return 0
        done = 0
        async with self._database.write() as connection:
            for row, old, new in changes:
                same = [part == value for part, value in zip(_parts(column), _key(column, row), strict=True)]
                # Whoever saved meanwhile wins: a refreshed token that is overwritten is lost for good.
                unchanged: ColumnElement[bool] = column.column == old
                change = update(column.table).where(*same, unchanged).values({column.column: new})
                done += (await connection.execute(change)).rowcount
        return done


def _under_other_keys(
    column: SealedColumn, rows: Sequence[Row[Any]], current: str
) -> tuple[list[tuple[Row[Any], WrappedKey]], list[str]]:
    """Return the rows whose value is not under the current key, and the places of those that are no sealed values."""
    old: list[tuple[Row[Any], WrappedKey]] = []
    damaged: list[str] = []
    for row in rows:
        try:
            wrapped = wrapped_key(_sealed(column, row))
        except TamperedSecret:
            damaged.append(_place(column, row))
            continue
        if wrapped.key_id != current:
            old.append((row, wrapped))
    return old, damaged


def _sealed(column: SealedColumn, row: Row[Any]) -> bytes:
    return getattr(row, column.column.key)


def _parts(column: SealedColumn) -> list[Any]:
    return list(column.table.primary_key.columns)


def _key(column: SealedColumn, row: Row[Any]) -> list[Any]:
    return [getattr(row, part.key) for part in _parts(column)]


def _place(column: SealedColumn, row: Row[Any]) -> str:
    return f"{column.name} of {' '.join(str(value) for value in _key(column, row))}"
