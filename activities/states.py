"""The state of connections and of the vault, for whoever watches the metrics."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from telemetry.families import CONNECTIONS, REFRESHES, VAULT_FAILURE, VAULT_UP
from telemetry.recording import prepare, recorder, show
from vault import Connection, Provider, Vault, VaultError

_EVERY = 15.0
_PATIENCE = 5.0


async def keep_states(vault: Vault, providers: Iterable[Provider]) -> None:
    """Look again and again, for as long as anybody listens; never raises."""
    for provider in providers:
        for outcome in ("renewed", "refused", "failed"):
            prepare(REFRESHES, provider.name, outcome)
    while recorder().on:
        await show_states(vault)
        await asyncio.sleep(_EVERY)


async def show_states(vault: Vault) -> None:
    """Show how many connections are in which state, and whether the vault works."""
    try:
        async with asyncio.timeout(_PATIENCE):
            found = Counter((one.provider, state_of(one)) for one in await vault.connections.list())
            await vault.ready()
    except VaultError as error:
        show_vault(error.type)
    except Exception:
        show_vault("vault-unavailable")
    else:
        show(CONNECTIONS, {labels: float(number) for labels, number in found.items()})
        show_vault(None)


def show_vault(reason: str | None) -> None:
    """Show that the vault works, or the type of the error that says why not."""
    show(VAULT_UP, {(): 0.0 if reason else 1.0})
    show(VAULT_FAILURE, {(reason,): 1.0} if reason else {})


def state_of(connection: Connection) -> str:
    """Return what a connection is good for, in a word."""
    return "deleting" if connection.deleting_at is not None else connection.status.value
