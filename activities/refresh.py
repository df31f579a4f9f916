from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from datetime import timedelta
from typing import Any, cast

from activities.connections import ActiveConnections, check_active, needs_reauthorization
from activities.egress import Egress
from activities.exchange import Exchange, NoAnswer
from steps.errors import ConnectionNeedsReauthorization, FetchFailed, ResponseTooLarge, StepsError, VaultFailed
from steps.http import Response
from steps.parts import parse_object
from telemetry.families import REFRESHES
from telemetry.recording import count
from vault import Opened, Provider, Secret, Tokens, Vault, VaultError
from vault.lifetimes import refresh_due
from vault.registrations import Registration, Registrations, where_registered
from vault.times import Clock, utc_now

# For two calls and the pause between them, and for storing what they bring: nobody else begins meanwhile.
LEASE = timedelta(seconds=60)
PAUSE = timedelta(seconds=1)
BROKEN = timedelta(seconds=5)

_SECONDS = 20.0  # for one call
_POLL = (0.02, 1.0)
_STORE_WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, *[4.0] * 12)
_CODE = re.compile(r"[a-z_]{1,40}")


class AnswerLost(FetchFailed):
    """Say that a refresh was sent, and that nobody knows whether the pair is spent."""


class Refresher:
    """Exchange a retired token for a new one: once, by one worker, and stored before anybody uses it."""

    def __init__(
        self,
        vault: Vault,
        egress: Egress,
        registrations: Registrations,
        active: ActiveConnections,
        now: Clock = utc_now,
    ) -> None:
        self._connections = vault.connections
        self._egress, self._registrations, self._active, self._now = egress, registrations, active, now
        self._running: dict[tuple[str, int], asyncio.Task[Opened]] = {}

    async def renew(self, stale: Opened, provider: Provider) -> Opened:
        """Return the connection with a newer pair than the stale one.

        Raises:
            ConnectionNeedsReauthorization: the provider takes the refresh token no longer, or its answer is lost.
            FetchFailed: the provider was not reached or is out of order, or another worker is not done.
            VaultFailed: the provider refuses this deployment's own client id or secret.
        """
        registration = self._registrations.get(provider.name)
        if registration is None:
            raise VaultFailed(
                f"{provider.title} retired a token, and it cannot be refreshed: set {where_registered(provider.name)} "
                "for the worker."
            )
        key = stale.connection.id, stale.version
        handle = stale.connection.handle
        async for _ in _waits():
            if (task := self._running.get(key)) is not None:
                return await asyncio.shield(task)
            current = await self._connections.open(handle)
            if (current.connection.id, current.version) != key or current.tokens.refresh is None:
                return current
            check_active(current.connection)  # another worker may just have been told so
            if turn := await self._connections.refreshes.begin(handle, version=stale.version, lease=LEASE):
                # A call that is cancelled must not take the refresh with it: the answer would be lost, and the old
                # refresh token may be spent by then.
                refresh = self._refresh(current, registration, again=turn == "again")
                task = asyncio.create_task(_counted(provider.name, refresh))
                self._running[key] = task
                task.add_done_callback(lambda done: self._forget(key, done))
                return await asyncio.shield(task)
        raise FetchFailed(f"The token of the connection {handle!r} is being refreshed elsewhere, and is not there yet.")

    async def close(self) -> None:
        """Wait for the refreshes that are under way."""
        if self._running:
            await asyncio.wait(self._running.values())

    def _forget(self, key: tuple[str, int], task: asyncio.Task[Opened]) -> None:
        self._running.pop(key, None)
        if not task.cancelled():
            task.exception()  # seen, also when nobody waits for it any more

    async def _refresh(self, current: Opened, registration: Registration, *, again: bool) -> Opened:
        """Refresh; a refresh whose answer was lost, here or by a worker that died, is made once more and no more.

        Where the lost one took effect, its pair is gone and the provider refuses the spent token: a person is needed.
        Where it did not, the second one succeeds.
        """
        key, provider = (current.connection.id, current.version), registration.provider
        try:
            return await self._exchange(current, registration)
        except AnswerLost:
            if again:
                return await self._lose(current, f"{provider.title}'s answers to two refreshes were lost")
        await asyncio.sleep(PAUSE.total_seconds())
        current = await self._connections.open(current.connection.handle)
        if (current.connection.id, current.version) != key:
            return current
        try:
            return await self._exchange(current, registration)
        except AnswerLost:
            return await self._lose(current, f"{provider.title}'s answers to two refreshes were lost")

    async def _exchange(self, current: Opened, registration: Registration) -> Opened:
        handle, refresh = current.connection.handle, cast("Secret", current.tokens.refresh)
        provider, asked = registration.provider, self._now()
        try:
            answer = await self._ask(refresh, registration)
        except (NoAnswer, ResponseTooLarge) as error:
            raise AnswerLost(str(error)) from None
        except StepsError:
            await self._give_back(current)  # nothing was sent
            raise
        body = parse_object(answer.text) or {}
        code, access = _code(body), body.get("access_token")
        if code == "invalid_grant":
            return await self._lose(current, f"{provider.title} takes its refresh token no longer")
        if answer.ok:
            if not isinstance(access, str) or not access:
                raise AnswerLost(f"{provider.title} answered the refresh of the connection {handle!r} without a token.")
            following = body.get("refresh_token")
            fresh = Secret(following) if isinstance(following, str) and following else refresh
            due = refresh_due(provider, body.get("expires_in"), asked)
            await self._store(current, Tokens(Secret(access), fresh, due))
            # Read again: where another pair came in between, that one is in force.
            return await self._connections.open(handle)
        # Out of order, it may or may not have spent the token; it is asked again when it has had a moment.
        await self._give_back(current, BROKEN if answer.status >= 500 else None)
        if answer.status in (400, 401, 403):
            raise VaultFailed(
                f"{provider.title} refused to refresh the connection {handle!r} ({answer.status} {code}). "
                f"Check {where_registered(provider.name)}, of the worker."
            )
        raise FetchFailed(f"{provider.title} answered the refresh of the connection {handle!r} with {answer.status}.")

    async def _give_back(self, current: Opened, unknown: timedelta | None = None) -> None:
        await self._connections.refreshes.end(current.connection.handle, version=current.version, unknown=unknown)

    async def _lose(self, current: Opened, why: str) -> Opened:
        handle = current.connection.handle
        if not await self._active.lose(current, why):
            return await self._connections.open(handle)  # another pair came in between
        raise needs_reauthorization(handle)

    async def _store(self, current: Opened, tokens: Tokens) -> None:
        # Nobody else has this pair, and the one before it is spent: a vault that is out for a while must not lose it.
        for wait in (*_STORE_WAITS, None):
            try:
                await self._connections.replace_tokens(
                    current.connection.handle, version=current.version, tokens=tokens
                )
            except VaultError as error:
                if wait is None or not error.retryable:
                    raise
                await asyncio.sleep(wait)
            else:
                return

    async def _ask(self, refresh: Secret, registration: Registration) -> Response:
        fields = {"grant_type": "refresh_token", "refresh_token": refresh.reveal()}
        request = registration.request(registration.provider.token_url, fields)
        # Nothing is scrubbed here: the answer holds tokens, and only its code is ever shown.
        return await self._egress.send_to_provider(request, Exchange(request.url.host), _SECONDS)


async def _counted(provider: str, refresh: Coroutine[Any, Any, Opened]) -> Opened:
    outcome = "failed"
    try:
        opened = await refresh
        outcome = "renewed"
    except ConnectionNeedsReauthorization:
        outcome = "refused"
        raise
    finally:
        count(REFRESHES, provider, outcome)
    return opened


async def _waits() -> AsyncIterator[None]:
    """Go on for a little longer than a lease, with longer and longer waits in between."""
    wait, longest = _POLL
    waited = 0.0
    while waited <= LEASE.total_seconds() + 2 * longest:
        yield
        await asyncio.sleep(wait)
        waited, wait = waited + wait, min(wait * 2, longest)


def _code(body: Mapping[str, Any]) -> str:
    # Notion answers in OAuth's own form ("error") and in that of its API ("code").
    code = body.get("error") or body.get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "no reason"
