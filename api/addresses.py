from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from vault.errors import VaultError, VaultUnavailable
from vault.times import utc_now
from vault.trigger_addresses import TriggerAddress
from vault.vault import Vault

_FRESH_SECONDS = 5.0
_LONGEST_LOOK = 2.0  # seconds; a sender waits for the answer
FIRST = TriggerAddress()


class Addresses:
    """Which address of each trigger counts, as the vault said last."""

    def __init__(self, vault: Callable[[], Awaitable[Vault]]) -> None:
        self._vault = vault
        self._known: Mapping[str, TriggerAddress] | None = None
        self._fresh_until = 0.0

    async def of(self, workflow: str) -> TriggerAddress:
        """Return the addresses of a workflow's trigger; where the vault is down, as they were when it was not.

        Raises:
            VaultError: the vault has not answered since this process began, so that nobody knows which one was
                replaced.
        """
        if self._known is None or time.monotonic() > self._fresh_until:
            await self.look()
        return (self._known or {}).get(workflow, FIRST)

    async def counting(self, workflow: str) -> tuple[int, ...]:
        """Return the generations of the address that count now."""
        return (await self.of(workflow)).counting(utc_now())

    async def look(self) -> None:
        """Ask the vault anew; one that is down or slow loses no trigger."""
        try:
            async with asyncio.timeout(_LONGEST_LOOK):
                self._known = await (await self._vault()).trigger_addresses.all()
        except VaultError:
            if self._known is None:
                raise
        except TimeoutError:
            if self._known is None:
                raise VaultUnavailable("The vault is slow to say which addresses count. Try again.") from None
        self._fresh_until = time.monotonic() + _FRESH_SECONDS
