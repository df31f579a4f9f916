"""What a worker does with connections that no run asks for, and how it comes to know of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import FailureError
from temporalio.service import RPCError

from activities.revoke import Revoker
from activities.telling import Teller
from activities.trial import Trials
from settings import Settings
from steps.connection_tasks import Doomed, Forgetting, Revoked, Tested, Told, begin_deletion, begin_telling
from steps.errors import StepsError, VaultFailed
from vault import Vault, VaultError

T = TypeVar("T")

logger = logging.getLogger("worker")
_LOOK_EVERY = 1.0
_LONGEST_WAIT = 30.0


class ConnectionTasks:
    """The activities of `steps.connection_tasks`."""

    def __init__(self, revoker: Revoker, trials: Trials, teller: Teller) -> None:
        self._revoker, self._trials, self._teller = revoker, trials, teller

    def all(self) -> list[Callable[..., Any]]:
        """Return what a worker registers."""
        return [self.revoke_connection, self.forget_connection, self.test_connection, self.tell_event]

    @activity.defn
    async def revoke_connection(self, doomed: Doomed) -> Revoked:
        """Revoke a connection at its provider."""
        return await _crossing(self._revoker.revoke(doomed))

    @activity.defn
    async def forget_connection(self, forgetting: Forgetting) -> bool:
        """Delete a connection from the vault, and tell whether it is gone."""
        return await _crossing(self._revoker.forget(forgetting))

    @activity.defn
    async def test_connection(self, handle: str) -> Tested:
        """Try a connection out."""
        return await _crossing(self._trials.test(handle))

    @activity.defn
    async def tell_event(self, told: Told) -> None:
        """Send an event of a connection."""
        await _crossing(self._teller.tell(told))


async def keep_connections(vault: Vault, client: Client, settings: Settings) -> None:
    """Hand on, again and again, what the vault has written down: connections to delete, and events to tell.

    The vault is written in one transaction with what happened, by whatever process; so nothing is lost where that one,
    or Temporal, is away at this moment. Any number of workers may do it: the id of the workflow lets one of them in.
    Never raises, so that polling goes on.
    """
    wait = _LOOK_EVERY
    while True:
        try:
            await hand_on(vault, client, settings)
            wait = _LOOK_EVERY
        except (VaultError, RPCError, RuntimeError, TimeoutError) as error:
            wait = min(wait * 2, _LONGEST_WAIT)
            logger.warning("Changes of connections are not handed on (%s); trying again in %g s", error, wait)
        except Exception:
            wait = _LONGEST_WAIT
            logger.exception("Changes of connections are not handed on; trying again in %g s", wait)
        await asyncio.sleep(wait)


async def hand_on(vault: Vault, client: Client, settings: Settings) -> None:
    """Start the workflow of each deletion that has begun and of each event; an event is forgotten after that.

    Raises:
        VaultError, RPCError, RuntimeError: as vault and Temporal; it may be done again.
    """
    for doomed in await vault.connections.deletions.begun():
        await begin_deletion(client, settings.task_queue, Doomed(id=doomed.id, handle=doomed.handle))
    for event in await vault.connections.events.waiting():
        if settings.events_url is not None:
            told = Told(id=event.id, at=event.at, type=event.type, data=event.data)
            await begin_telling(client, settings.task_queue, told)
        await vault.connections.events.forget(event.id)


async def _crossing(call: Awaitable[T]) -> T:
    failure: FailureError
    try:
        return await call
    except StepsError as error:
        failure = error.to_failure()
    except VaultError as error:
        failure = VaultFailed(f"{error} ({error.type})").to_failure()
    # Not inside `except`: Temporal sends the context along, and what is there may hold a request with its token.
    raise failure
