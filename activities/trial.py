from __future__ import annotations

import asyncio

import httpx

from activities.connections import ActiveConnections, needs_reauthorization
from activities.seals import Seals
from activities.sending import Sender
from settings import Settings
from steps.connection_tasks import TEST, TEST_SECONDS, Tested
from steps.errors import StepsError
from vault import Connection, ConnectionUnknown, Provider, Vault, VaultError

_ONE_CALL = 10.0


class Trials:
    """Try connections out, by the way that the calls of runs take: the same hosts, refreshes and refusals."""

    def __init__(
        self, vault: Vault, sender: Sender, seals: Seals, active: ActiveConnections, settings: Settings
    ) -> None:
        self._connections, self._sender, self._seals, self._active = vault.connections, sender, seals, active
        self._version = settings.notion_version

    async def test(self, handle: str) -> Tested:
        """Return what the provider says to the connection's token; nothing of its answer is passed on."""
        try:
            async with asyncio.timeout(TEST_SECONDS):
                return await self._test(handle)
        except TimeoutError:
            return Tested(ok=False, type="fetch-failed", message="There was no answer in time. Test it again.")
        except StepsError as error:
            return Tested(ok=False, type=error.type, message=str(error))
        except ConnectionUnknown as error:
            return Tested(ok=False, type="connection-not-found", message=str(error))
        except VaultError as error:
            return Tested(ok=False, type="vault-failed", message=f"{error} ({error.type})")

    async def _test(self, handle: str) -> Tested:
        connection = await self._active.find(handle)
        provider = self._active.provider(connection)
        if provider.test_url is None:
            message = f"{provider.title} has no call that only tests. The connection is active."
            return Tested(ok=False, type="not-testable", message=message)
        return await self._ask(connection, provider, provider.test_url)

    async def _ask(self, connection: Connection, provider: Provider, url: str) -> Tested:
        handle = connection.handle
        headers = {"Authorization": f"Bearer {self._seals.make('connection', handle, TEST)}"}
        headers["Accept"] = "application/json"
        if provider.name == "notion":
            headers["Notion-Version"] = self._version
        sent = await self._sender.send(httpx.Request("GET", url, headers=headers), TEST, _ONE_CALL, "interactive")
        if sent.answer.ok:
            await self._connections.verified(connection.id)
            return Tested(ok=True)
        if sent.answer.status == 401:
            used = sent.auth.opened(handle) if sent.auth else None
            if used is not None and await self._active.lose(used, f"{provider.title} takes its token no longer"):
                raise needs_reauthorization(handle)
            return Tested(ok=False, type="fetch-failed", message="Its token was replaced meanwhile. Test it again.")
        again = (
            "It is out of order or wants fewer calls: test it again later."
            if _passing(sent.answer.status)
            else (f"Look in the settings of {provider.title} what the connection may do.")
        )
        message = f"{provider.title} answered {sent.answer.status}. {again}"
        return Tested(ok=False, type="fetch-failed", message=message)


def _passing(status: int) -> bool:
    return status == 429 or status >= 500
