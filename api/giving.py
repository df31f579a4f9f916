"""What a run is given at its start, read once by whoever starts it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from steps.given import MAX_GIVEN_CONNECTIONS, Given, give
from vault.errors import VaultError
from vault.signing import Signer
from vault.vault import Vault

logger = logging.getLogger("api")

_LONGEST_LOOK = 2.0  # seconds; a sender waits for the answer, and the run can look for itself


async def read_given(
    workflow: str, vault: Callable[[], Awaitable[Vault]], signer: Callable[[], Signer]
) -> Given | None:
    """Return what a run of the workflow is given, or None where the vault does not tell: the run then reads it itself.

    A vault that is down loses no trigger.
    """
    try:
        async with asyncio.timeout(_LONGEST_LOOK):
            held = await (await vault()).holdings(workflow, most=MAX_GIVEN_CONNECTIONS)
        return give(workflow, held.variables, held.handles, signer().sign)
    except (VaultError, TimeoutError) as error:
        logger.warning("A run of %s has to read its variables itself: %s", workflow, error or "the vault is slow")
        return None
