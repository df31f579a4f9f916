"""Every column of the database that holds sealed values: a new one is an entry here, and then keys rotate under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Row, Table, and_, true

from vault.connection_rows import context_of_token
from vault.tables import connections, key_checks, trigger_secrets, variables, webhook_tokens
from vault.trigger_secrets import context_of_trigger_secret
from vault.variables import context_of_variable
from vault.vault import CHECK_ID, HOOK_CHECK_ID, check_context
from vault.webhook_tokens import context_of_webhook_token

Ring = Literal["master", "hooks"]
"""Which of the vault's keys seals a value; where they are kept as one, `hooks` is the same as `master`."""


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values, or some rows of it, and what each is sealed for."""

    table: Table
    column: Column[Any]
    context: Callable[[Row[Any]], bytes]
    """Of a row of the table."""
    ring: Ring = "master"
    where: ColumnElement[bool] = field(default_factory=true)
    """Which rows are meant, where a column has several entries."""

    @property
    def filled(self) -> ColumnElement[bool]:
        """Which rows hold a value."""
        return and_(self.column.is_not(None), self.where)

    @property
    def name(self) -> str:
        """The name, such as connections.access; with the ring, where that is not the usual one."""
        name = f"{self.table.name}.{self.column.name}"
        return name if self.ring == "master" else f"{name}/{self.ring}"


SEALED_COLUMNS: tuple[SealedColumn, ...] = (
    SealedColumn(
        key_checks, key_checks.c.sealed, lambda _row: check_context(CHECK_ID), where=key_checks.c.id == CHECK_ID
    ),
    SealedColumn(
        key_checks,
        key_checks.c.sealed,
        lambda _row: check_context(HOOK_CHECK_ID),
        ring="hooks",
        where=key_checks.c.id == HOOK_CHECK_ID,
    ),
    SealedColumn(connections, connections.c.access, lambda row: context_of_token(row, "access")),
    SealedColumn(connections, connections.c.refresh, lambda row: context_of_token(row, "refresh")),
    SealedColumn(variables, variables.c.sealed, lambda row: context_of_variable(row.workflow, row.name, row.hosts)),
    SealedColumn(
        webhook_tokens,
        webhook_tokens.c.sealed,
        lambda row: context_of_webhook_token(row.id, row.provider, revealed=row.revealed_at is not None),
        ring="hooks",
    ),
    SealedColumn(
        trigger_secrets,
        trigger_secrets.c.sealed,
        lambda row: context_of_trigger_secret(row.id, row.workflow),
        ring="hooks",
    ),
)


def columns_of(ring: Ring) -> tuple[SealedColumn, ...]:
    """Return what this key seals, where it is kept apart from the other one."""
    return tuple(column for column in SEALED_COLUMNS if column.ring == ring)
