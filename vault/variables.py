from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from vault.database import Database
from vault.envelope import Envelope, context_of
from vault.errors import (
    VariableHostInvalid,
    VariableHostsMissing,
    VariableNameInvalid,
    VariablesTooLarge,
    VariableTooLong,
    VariableUnknown,
    VariableValueInvalid,
    VariableWorkflowInvalid,
    VaultUnavailable,
)
from vault.secret import Secret
from vault.tables import variables
from vault.times import Clock

LONGEST_VALUE = 16 * 1024
"""In bytes of UTF-8."""

MOST_OF_A_WORKFLOW = 48 * 1024
"""In bytes of JSON, names and values: a run carries them along, beside its branches, its store and its log."""

_REFERENCE = 128  # what stands in the place of a secret value

_NAME = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
_SET_ATTEMPTS = 4


@dataclass(frozen=True)
class Variable:
    """A variable of one workflow; of a secret one, everything but its value."""

    workflow: str
    name: str
    secret: bool
    value: str | None
    hosts: tuple[str, ...]
    updated_at: datetime


class Variables:
    """Keep the variables of workflows; the secret ones sealed."""

    def __init__(self, database: Database, envelope: Envelope, now: Clock) -> None:
        self._database = database
        self._envelope = envelope
        self._now = now

    async def set(
        self, workflow: str, name: str, value: str, *, secret: bool = False, hosts: Sequence[str] = ()
    ) -> Variable:
        """Store a variable in place of what had its name; a secret one with the hosts that it may be sent to.

        Raises:
            VariableRefused: one of its kinds says what is wrong with the workflow, name, value or hosts.
        """
        allowed = tuple(dict.fromkeys(hosts))
        _check(workflow, name, value, secret, allowed)
        sealed = await self._envelope.seal(value, context_of_variable(workflow, name, allowed)) if secret else None
        variable = Variable(workflow, name, secret, None if secret else value, allowed, self._now())
        await self._store(variable, sealed)
        return variable

    async def list(self, workflow: str | None = None) -> list[Variable]:
        """Return the variables of one workflow, or of all."""
        wanted = select(variables).order_by(variables.c.workflow, variables.c.name)
        if workflow is not None:
            if not _is_workflow(workflow):
                return []
            wanted = wanted.where(variables.c.workflow == workflow)
        async with self._database.read() as connection:
            return [_variable(row) for row in await connection.execute(wanted)]

    async def open(self, workflow: str, name: str) -> Secret:
        """Return the value of a secret variable.

        Raises:
            VariableUnknown: there is no such variable, or it is not a secret one.
            TamperedSecret: the stored value or its hosts were changed or moved.
        """
        row = await self._row(workflow, name)
        if not row.secret:
            raise VariableUnknown(f"{name} of {workflow} is not a secret variable. Read its value instead.")
        return Secret(await self._envelope.open(row.sealed, context_of_variable(workflow, name, row.hosts)))

    async def get(self, workflow: str, name: str) -> Variable:
        """Return the variable.

        Raises:
            VariableUnknown: there is no such variable.
        """
        return _variable(await self._row(workflow, name))

    async def delete(self, workflow: str, name: str) -> None:
        """Delete the variable.

        Raises:
            VariableUnknown: there is no such variable.
        """
        row = await self._row(workflow, name)
        async with self._database.write() as connection:
            await connection.execute(delete(variables).where(*_key(row.workflow, row.name)))

    async def _store(self, variable: Variable, sealed: bytes | None) -> None:
        row = asdict(variable) | {"sealed": sealed, "hosts": list(variable.hosts)}
        change = update(variables).where(*_key(variable.workflow, variable.name)).values(row)
        create = insert(variables).values(row)
        for _ in range(_SET_ATTEMPTS):
            try:
                async with self._database.write() as connection:
                    await _check_room(connection, variable)
                    if not (await connection.execute(change)).rowcount:
                        await connection.execute(create)
            except IntegrityError:
                continue  # Another call made it in between.
            return
        raise VaultUnavailable(f"The variable {variable.name} is being changed by too many callers at once. Try again.")

    async def _row(self, workflow: str, name: str) -> Row[Any]:
        row = None
        if _is_workflow(workflow) and _NAME.fullmatch(name):
            async with self._database.read() as connection:
                row = (await connection.execute(select(variables).where(*_key(workflow, name)))).first()
        if row is None:
            raise VariableUnknown(f"The workflow {workflow[:255]!r} has no variable {name[:64]!r}. Set it first.")
        return row


def _check(workflow: str, name: str, value: str, secret: bool, hosts: tuple[str, ...]) -> None:
    if not _is_workflow(workflow):
        raise VariableWorkflowInvalid("The name of a workflow has 1 to 255 printable characters.")
    if not _NAME.fullmatch(name):
        raise VariableNameInvalid("Name a variable like API_KEY: A-Z first, then A-Z, 0-9 and _, at most 64 in all.")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        size = 0
        value = "\0"
    if "\0" in value:
        raise VariableValueInvalid(f"The value of {name} holds a null character or half a character. Remove it.")
    if size > LONGEST_VALUE:
        raise VariableTooLong(f"The value of {name} has {size} bytes, and at most {LONGEST_VALUE} are allowed.")
    if secret and not hosts:
        raise VariableHostsMissing(
            f"{name} is secret: name at least one host that it may be sent to, such as api.example.com."
        )
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise VariableHostInvalid(
                f"{host[:253]!r} is not an exact host name. Write it in lower case, without scheme, port, path or "
                "wildcard: api.example.com."
            )


async def _check_room(connection: AsyncConnection, variable: Variable) -> None:
    others = select(variables.c.name, variables.c.value).where(
        variables.c.workflow == variable.workflow, variables.c.name != variable.name
    )
    rows = [(row.name, row.value) for row in await connection.execute(others)]
    size = sum(_size(name, value) for name, value in [*rows, (variable.name, variable.value)])
    if size > MOST_OF_A_WORKFLOW:
        raise VariablesTooLarge(
            f"With {variable.name} the variables of {variable.workflow} have {size} bytes together, and at most "
            f"{MOST_OF_A_WORKFLOW} are allowed. Delete some, or keep the long ones elsewhere."
        )


def _size(name: str, value: str | None) -> int:
    written = _REFERENCE if value is None else len(json.dumps(value, ensure_ascii=False).encode())
    return len(name) + written + 4


def _is_workflow(text: str) -> bool:
    return 0 < len(text) <= 255 and text.isprintable()


def _key(workflow: str, name: str) -> tuple[Any, Any]:
    return variables.c.workflow == workflow, variables.c.name == name


def context_of_variable(workflow: str, name: str, hosts: Sequence[str]) -> bytes:
    """Name what a secret variable is bound to."""
    # The hosts too: who can write to the database must not have the secret sent elsewhere.
    return context_of("variables", workflow, "sealed", name, *hosts)


def _variable(row: Row[Any]) -> Variable:
    return Variable(row.workflow, row.name, row.secret, row.value, tuple(row.hosts), row.updated_at)
