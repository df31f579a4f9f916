from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any, cast

import httpx

from activities.connections import needs_reauthorization
from activities.egress import Egress
from activities.exchange import Exchange
from settings import Settings
from steps.errors import FetchFailed, VaultFailed
from steps.http import Response
from vault import ConnectionStatus, Opened, Provider, Secret, Tokens, Vault, VaultError

LEASE = timedelta(seconds=30)

_SECONDS = 20.0  # for the call: less than the lease, so that nobody else begins while it is under way
_POLL = (0.02, 1.0)
_STORE_WAITS = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
_CODE = re.compile(r"[a-z_]{1,40}")


class Refresher:
    """Exchange a retired token for a new one: once, by one worker, and stored before anybody uses it."""

    def __init__(self, vault: Vault, egress: Egress, settings: Settings) -> None:
        self._connections = vault.connections
        self._egress = egress
        self._id, self._secret = settings.notion_client_id, settings.notion_client_secret
        self._running: dict[tuple[str, int], asyncio.Task[Opened]] = {}

    async def renew(self, stale: Opened, provider: Provider) -> Opened:
        """Return the connection with a newer pair than the stale one.

        Raises:
            ConnectionNeedsReauthorization: the provider takes the refresh token no longer.
            FetchFailed: the provider did not answer, or another worker is not done.
            VaultFailed: the provider refuses this deployment's own client id or secret.
        """
        if self._id is None or self._secret is None:
            raise VaultFailed(
                f"{provider.title} retired a token, and it cannot be refreshed: set STEPS_NOTION_CLIENT_ID and "
                "STEPS_NOTION_CLIENT_SECRET for the worker."
            )
        client = httpx.BasicAuth(self._id, self._secret.get_secret_value())
        key = stale.connection.id, stale.version
        handle = stale.connection.handle
        async for _ in _waits():
            if (task := self._running.get(key)) is not None:
                return await asyncio.shield(task)
            current = await self._connections.open(handle)
            if (current.connection.id, current.version) != key or current.tokens.refresh is None:
                return current
            if current.connection.status is not ConnectionStatus.ACTIVE:
                raise needs_reauthorization(handle)  # another worker has just been told so
            if await self._connections.begin_refresh(handle, version=stale.version, lease=LEASE):
                # A call that is cancelled must not take the refresh with it: the answer would be lost, and the old
                # refresh token may be spent by then.
                task = asyncio.create_task(self._exchange(current, current.tokens.refresh, provider, client))
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

    async def _exchange(self, current: Opened, refresh: Secret, provider: Provider, client: httpx.BasicAuth) -> Opened:
        handle = current.connection.handle
        answer = await self._ask(refresh, provider, client)
        body = _object(answer)
        code = _code(body)
        if code == "invalid_grant":
            await self._connections.mark(handle, ConnectionStatus.NEEDS_REAUTHORIZATION, version=current.version)
            raise needs_reauthorization(handle)
        if answer.status in (400, 401, 403):
            raise VaultFailed(
                f"{provider.title} refused to refresh the connection {handle!r} ({answer.status} {code}). "
                "Check STEPS_NOTION_CLIENT_ID and STEPS_NOTION_CLIENT_SECRET of the worker."
            )
        access = body.get("access_token")
        if not answer.ok or not isinstance(access, str) or not access:
            raise FetchFailed(
                f"{provider.title} answered the refresh of the connection {handle!r} with {answer.status}."
            )
        following = body.get("refresh_token")
        fresh = Secret(following) if isinstance(following, str) and following else refresh
        tokens = Tokens(Secret(access), fresh)
        await self._store(current, tokens)
        # Read again: where another pair came in between, that one is in force.
        return await self._connections.open(handle)

    async def _store(self, current: Opened, tokens: Tokens) -> None:
        # Nobody else has this pair, and the one before it is spent: a vault that is out for a moment must not lose it.
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

    async def _ask(self, refresh: Secret, provider: Provider, client: httpx.BasicAuth) -> Response:
        request = httpx.Request(
            "POST",
            provider.token_url,
            headers=dict(provider.token_headers),
            json={"grant_type": "refresh_token", "refresh_token": refresh.reveal()},
        )
        request = next(client.auth_flow(request))
        # Nothing is scrubbed here: the answer holds tokens, and only its code is ever shown.
        return await self._egress.send_to_provider(request, Exchange(request.url.host), _SECONDS)


async def _waits() -> AsyncIterator[None]:
    """Go on for a little longer than a lease, with longer and longer waits in between."""
    wait, longest = _POLL
    waited = 0.0
    while waited <= LEASE.total_seconds() + 2 * longest:
        yield
        await asyncio.sleep(wait)
        waited, wait = waited + wait, min(wait * 2, longest)


def _object(answer: Response) -> Mapping[str, Any]:
    try:
        value = json.loads(answer.text)
    except ValueError:
        return {}
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _code(body: Mapping[str, Any]) -> str:
    # Notion answers in OAuth's own form ("error") and in that of its API ("code").
    code = body.get("error") or body.get("code")
    return code if isinstance(code, str) and _CODE.fullmatch(code) else "no reason"
