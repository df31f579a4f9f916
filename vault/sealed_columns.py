"""Every column of the database that holds sealed values: a new one is an entry here, and then keys rotate under it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Row, Table

from vault.connections import context_of_token
from vault.tables import connections, key_checks, variables, webhook_tokens
from vault.variables import context_of_variable
from vault.vault import CHECK_CONTEXT
from vault.webhook_tokens import context_of_webhook_token


@dataclass(frozen=True)
class SealedColumn:
    """A column of sealed values, and what each is sealed for."""

    table: Table
    column: Column[Any]
    context: Callable[[Row[Any]], bytes]
    """Of a row of the table."""

    @property
    def name(self) -> str:
        """The name, such as connections.access."""
        return f"{self.table.name}.{self.column.name}"


SEALED_COLUMNS: tuple[SealedColumn, ...] = (
    SealedColumn(key_checks, key_checks.c.sealed, lambda _row: CHECK_CONTEXT),
    SealedColumn(connections, connections.c.access, lambda row: context_of_token(row, "access")),
    SealedColumn(connections, connections.c.refresh, lambda row: context_of_token(row, "refresh")),
    SealedColumn(variables, variables.c.sealed, lambda row: context_of_variable(row.workflow, row.name, row.hosts)),
    SealedColumn(
        webhook_tokens,
        webhook_tokens.c.sealed,
        lambda row: context_of_webhook_token(row.id, row.provider, revealed=row.revealed_at is not None),
    ),
)
